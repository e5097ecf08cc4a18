import test from "ava";
import { fail } from "../../src/api/errors.ts";
import { fail as appFail } from "../../src/app/errors.ts";
import type { ErrorRecord } from "../../src/errors.ts";
import { findNode } from "../../src/inventory/explain.ts";
import type { Inventory } from "../../src/inventory/schema.ts";
import { fail as failBmc } from "../../src/ipmi/errors.ts";
import { fail as failLifecycle } from "../../src/lifecycle/errors.ts";
import { begun, createFakeController, line, proposal, result } from "./fake-controller.ts";
import { curl, serve } from "./served.ts";

const nodes = "/api/v1/nodes";
const swap = { node: "web01", disk: "01-B", waivers: [], acceptsDataLoss: false, by: "me" };
const post = (body: string) => ["-X", "POST", "-d", body];

for (const [what, argv, asked, answered] of [
  ["is anybody there", ["/api/v1"], [], { name: "provision", version: 1 }],
  ["a node's history", [`${nodes}/web01/history`], [["history", "web01"]], undefined],
  ["all nodes", [nodes], [["status", undefined]], undefined],
  ["a slash at the end changes nothing", [`${nodes}/`], [["status", undefined]], undefined],
  ["one node", [`${nodes}/web01`], [["status", "web01"]], undefined],
  ["a name is unescaped once", [`${nodes}/web%2531`], [["status", "web%31"]], undefined],
  ["a name that is a lone percent sign", [`${nodes}/%25`], [["status", "%"]], undefined],
  [
    "cancel",
    [`${nodes}/web01/cancel`, ...post('{"by":"me@desk"}')],
    [["cancel", "web01", "me@desk"]],
    { cancelled: true },
  ],
  [
    "who doesn't say who they are is the API",
    [`${nodes}/web01/cancel`, ...post("")],
    [["cancel", "web01", "api"]],
    undefined,
  ],
  [
    "control characters in a name are blanks",
    [`${nodes}/web01/cancel`, ...post('{"by":"a\\u001b[31mb"}')],
    [["cancel", "web01", "a [31mb"]],
    undefined,
  ],
  [
    "forget",
    [`${nodes}/web01/forget`, ...post('{"by":"me","force":true}')],
    [["forget", "web01", { by: "me", force: true }]],
    { forgotten: true },
  ],
  [
    "force is a boolean, not any word",
    [`${nodes}/web01/forget`, ...post('{"by":"me","force":"no"}')],
    [["forget", "web01", { by: "me", force: false }]],
    undefined,
  ],
  [
    "disks of some nodes",
    ["/api/v1/disks", ...post('{"nodes":["web01","web02"]}')],
    [["disks", ["web01", "web02"]]],
    [{ node: "web01" }, { node: "web02" }],
  ],
  ["disks of all nodes", ["/api/v1/disks", ...post("")], [["disks", []]], []],
  [
    "a swap's plan",
    [`${nodes}/web01/disk-swap/plan`, ...post('{"disk":"01-B","mode":"cold","waivers":["backup:/srv"],"by":"me"}')],
    [["propose", { ...swap, mode: "cold", waivers: ["backup:/srv"] }]],
    proposal,
  ],
  [
    "data loss is accepted by a boolean, and a mode is one of three",
    [`${nodes}/web01/disk-swap/plan`, ...post('{"disk":"01-B","mode":"now","acceptsDataLoss":"yes","by":"me"}')],
    [["propose", swap]],
    undefined,
  ],
  [
    "a lamp",
    [`${nodes}/web01/disk-locate`, ...post('{"disk":"01-B","on":false}')],
    [["locate", "web01", "01-B", false]],
    undefined,
  ],
  [
    "an answer",
    [`${nodes}/web01/answer`, ...post('{"answer":"01-B","by":"ada"}')],
    [["answer", "web01", { answer: "01-B", by: "ada" }]],
    { answered: true },
  ],
] as const) {
  test(`curl: ${what}`, async (t) => {
    const controller = createFakeController();
    const { path } = await serve(t, controller);
    const { status, body } = await curl(path, argv);
    t.is(status, 200, body);
    t.deepEqual(controller.asked, asked as unknown as unknown[][]);
    if (answered) t.deepEqual(JSON.parse(body), answered);
  });
}

for (const [what, argv, status, code] of [
  ["an unknown route", ["/api/v1/machines"], 404, "route-unknown"],
  ["another API's version", ["/api/v2/nodes"], 404, "route-unknown"],
  ["the wrong method", [nodes, "-X", "DELETE"], 404, "route-unknown"],
  ["a GET that would change something", [`${nodes}/web01/cancel`], 404, "route-unknown"],
  ["a body that is no JSON", [`${nodes}/web01/provision`, ...post("{by")], 400, "request-not-json"],
  ["a body that is no object", [`${nodes}/web01/cancel`, ...post("7")], 400, "request-not-json"],
  [
    "a body that is too long",
    [`${nodes}/web01/cancel`, ...post(`{"by":"${"x".repeat(5000)}"}`)],
    413,
    "http-body-too-large",
  ],
] as const) {
  test(`curl: ${what} is refused with ${status}, and nothing is done`, async (t) => {
    const controller = createFakeController();
    const { path } = await serve(t, controller);
    const answer = await curl(path, argv);
    t.is(answer.status, status, answer.body);
    const { error } = JSON.parse(answer.body) as { error: ErrorRecord };
    t.like(error, { code, fault: "input" });
    t.true(error.hint.length > 0);
    t.deepEqual(controller.asked, []);
  });
}

const unknown = () => findNode({ nodes: new Map(), profiles: new Map() } as unknown as Inventory, "web99");
for (const [what, thrower, status] of [
  ["a node that isn't there", unknown, 404],
  ["what the node's state forbids", () => failLifecycle("node-in-use", { node: "web01", phase: "active" }), 409],
  [
    "a machine that doesn't answer",
    () => failBmc("bmc-unreachable", { name: "web01", address: "a", port: 623, timeoutMs: 1 }),
    502,
  ],
  ["what surrounds the controller", () => appFail("loader-missing", { file: "x" }), 502],
  ["a defect", () => new TypeError("oh"), 500],
  ["the request itself", () => fail("request-not-json", { reason: "x" }), 400],
] as const) {
  test(`curl: ${what} is ${status}`, async (t) => {
    const controller = createFakeController(undefined, {
      forget: async () => {
        throw thrower();
      },
    });
    const { path } = await serve(t, controller);
    t.is((await curl(path, [`${nodes}/web01/forget`, ...post("{}")])).status, status);
  });
}

for (const [verb, asked] of [
  ["provision", { node: "web01", by: "me", reinstall: false }],
  ["converge", { node: "web01", by: "me" }],
] as const) {
  test(`curl: ${verb} streams its events, and then the result`, async (t) => {
    const controller = createFakeController();
    const { path } = await serve(t, controller);
    const { status, body } = await curl(path, [`${nodes}/web01/${verb}`, ...post('{"by":"me"}')]);
    t.is(status, 200);
    const lines = body.split("\n").filter((text) => text !== "");
    const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;
    t.deepEqual(
      lines.map((text) => JSON.parse(text)),
      [{ event: begun }, { event: line }, { result }].map(plain),
    );
    t.deepEqual(controller.asked, [[verb, asked]]);
  });
}

test("only `true` asks for a reinstall: it erases disks", async (t) => {
  const controller = createFakeController();
  const { path } = await serve(t, controller);
  for (const given of ['"yes"', "1", "true"])
    await curl(path, [`${nodes}/web01/provision`, ...post(`{"reinstall":${given}}`)]);
  t.deepEqual(
    controller.asked.map(([, request]) => (request as { reinstall: boolean }).reinstall),
    [false, false, true],
  );
});
