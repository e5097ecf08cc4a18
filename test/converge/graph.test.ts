import test from "ava";
import { z } from "zod";
import { compileCatalogue } from "../../src/converge/catalogue.ts";
import { comparePlan } from "../../src/converge/plan.ts";
import type { Relations, Resource } from "../../src/converge/resource.ts";
import { directory } from "../../src/converge/resources/directory.ts";
import { file } from "../../src/converge/resources/file.ts";
import { link } from "../../src/converge/resources/link.ts";
import { debianPackage } from "../../src/converge/resources/package.ts";
import { service } from "../../src/converge/resources/service.ts";
import { user } from "../../src/converge/resources/user.ts";
import { defineRole } from "../../src/converge/role.ts";
import { waves } from "../../src/converge/waves.ts";
import { ProvisionError } from "../../src/errors.ts";
import { Secret } from "../../src/secret.ts";
import { catalogueOf, testNode } from "./scratch.ts";

const put = (path: string, relations: Relations = {}) => file(path, { content: "x", ...relations });
const titles = (resources: readonly Resource[]) => catalogueOf(resources).items.map(({ title }) => title);

for (const [says, resources, order] of [
  ["as declared", [put("/c"), put("/a"), put("/b")], ["/c", "/a", "/b"]],
  ["require", [put("/a", { require: ["file[/b]"] }), put("/b"), put("/c")], ["/b", "/a", "/c"]],
  ["before", [put("/a"), put("/b", { before: ["file[/a]"] })], ["/b", "/a"]],
  ["a file waits for its directory", [put("/d/f"), directory("/d")], ["/d", "/d/f"]],
  ["a file waits for its owner", [file("/f", { content: "", owner: "app" }), user("app")], ["app", "/f"]],
  ["a service waits for its package", [service("nginx.service"), debianPackage("nginx")], ["nginx", "nginx.service"]],
  [
    "a package waits for archives",
    [debianPackage("curl"), put("/etc/apt/sources.list.d/x.list")],
    ["/etc/apt/sources.list.d/x.list", "curl"],
  ],
  [
    "a service waits for its drop-ins",
    [service("v.service"), put("/etc/systemd/system/v.service.d/o.conf")],
    ["/etc/systemd/system/v.service.d/o.conf", "v.service"],
  ],
] as const) {
  test(`order: ${says}`, (t) => t.deepEqual(titles(resources), order as unknown as string[]));
}

test("the shortest cycle is told with the place of each edge", (t) => {
  const resources = [
    put("/a", { require: ["file[/b]"] }),
    put("/b", { require: ["file[/c]"] }),
    put("/c", { require: ["file[/a]"], before: ["file[/d]"] }),
    put("/d", { before: ["file[/c]"] }),
    put("/outside"),
  ];
  const error = t.throws(() => catalogueOf(resources), { instanceOf: ProvisionError });
  t.is(error?.code, "cycle");
  const lines = error?.message.split("\n").slice(1) ?? [];
  t.is(lines.length, 2, error?.message);
  for (const line of lines)
    t.regex(line, /file\[\/[cd]\] \(test\/converge\/graph\.test\.ts:\d+:\d+\) .* file\[\/[cd]\] \(test/);
});

test("a duplicate names both places", (t) => {
  const error = t.throws(() => catalogueOf([put("/a"), put("/a")]), { instanceOf: ProvisionError });
  t.is(error?.code, "duplicate-resource");
  t.regex(error?.message ?? "", /graph\.test\.ts:\d+:\d+ and at test\/converge\/graph\.test\.ts:\d+/);
});

for (const [says, other, fights] of [
  ["a directory of the same path", directory("/a"), true],
  ["a link of the same path", link("/a", { target: "/b" }), true],
  ["a file of another path", put("/b"), false],
] as const) {
  test(`a file and ${says} ${fights ? "fight, and both places are named" : "get along"}`, (t) => {
    const compile = () => catalogueOf([put("/a"), other]);
    if (!fights) return t.notThrows(compile);
    const error = t.throws(compile, { instanceOf: ProvisionError });
    t.is(error?.code, "conflicting-resources");
    t.regex(error?.message ?? "", /path \/a: file\[\/a\] \(test\/.*\) and .*\[\/a\] \(test\/converge\/graph/);
  });
}

test("a reference to nothing names who refers", (t) => {
  const error = t.throws(() => catalogueOf([put("/a", { require: ["file[/b]"] })]), { instanceOf: ProvisionError });
  t.is(error?.code, "resource-missing");
  t.true(error?.message.includes("file[/b]"));
});

test("a declaration that its type refuses names role and place", (t) => {
  const error = t.throws(() => catalogueOf([file("etc/x", { content: "" })]), { instanceOf: ProvisionError });
  t.is(error?.code, "resource-invalid");
  t.is(error?.place?.file, "test/converge/graph.test.ts");
  t.true(error?.message.startsWith("role trial declares file[etc/x] wrongly: path: must be an absolute path"));
});

const everythingAbsent = (resources: readonly Resource[]) => {
  const catalogue = catalogueOf(resources);
  const seen = new Map(
    catalogue.items.map(({ id, type }) => [
      id,
      new Map([
        [
          type === "package" ? "status" : type === "service" ? "load" : "absent",
          type === "service" ? "not-found" : "not-installed",
        ],
      ]),
    ]),
  );
  return { catalogue, planned: comparePlan(catalogue, seen) };
};

const shape = (resources: readonly Resource[]) =>
  waves(everythingAbsent(resources)).map((wave) =>
    wave.kind === "single" ? wave.planned.item.title : wave.members.map(({ item }) => item.title),
  );

for (const [says, resources, expected] of [
  ["neighbours share one", [debianPackage("one"), debianPackage("two")], [["one", "two"]]],
  [
    "a file between them in the role keeps them apart",
    [debianPackage("one"), put("/f"), debianPackage("two")],
    [["one"], "/f", ["two"]],
  ],
  [
    "archives come first",
    [debianPackage("one"), put("/etc/apt/sources.list"), debianPackage("two")],
    ["/etc/apt/sources.list", ["one", "two"]],
  ],
] as const) {
  test(`transactions: ${says}`, (t) => t.deepEqual(shape(resources) as unknown, expected as unknown));
}

test("transactions: roles share one, over other resources of the earlier role", (t) => {
  const role = (name: string, resources: readonly Resource[]) =>
    defineRole({ name, parameters: z.strictObject({}), resources: () => resources });
  const roles = [
    role("first", [debianPackage("one"), put("/first")]),
    role("second", [debianPackage("two"), put("/second")]),
  ];
  const requests = roles.map(({ name }) => ({ role: name, parameters: {} }));
  const catalogue = compileCatalogue({ node: testNode, roles, requests, loadTemplate: () => "" });
  const seen = new Map(
    catalogue.items.map(({ id, type }) => [id, new Map([[type === "package" ? "status" : "absent", "not-installed"]])]),
  );
  const found = waves({ catalogue, planned: comparePlan(catalogue, seen) });
  t.deepEqual(
    found.map((wave) =>
      wave.kind === "single" ? wave.planned.item.title : wave.members.map(({ item }) => item.title),
    ),
    [["one", "two"], "/first", "/second"],
  );
});

test("what stands on a change is predicted, and says on what", (t) => {
  const vcl = put("/etc/v.vcl");
  const { planned } = everythingAbsent([
    debianPackage("vv"),
    vcl,
    service("vv.service", { running: true, reloadOn: [vcl] }),
  ]);
  const last = planned.at(-1);
  t.is(last?.certainty, "predicted");
  t.deepEqual(last?.because, ["package[vv]", "file[/etc/v.vcl]"]);
  t.is(planned[0]?.certainty, "seen");
});

test("a running service is predicted to reload when its file changes, and not when another does", (t) => {
  const [vcl, other] = [put("/etc/v.vcl"), put("/etc/other")];
  const catalogue = catalogueOf([vcl, other, service("v.service", { running: true, reloadOn: [vcl] })]);
  const change = (id: number) =>
    comparePlan(catalogue, new Map([[id, new Map([["absent", "yes"]])]])).map(({ item }) => item.title);
  t.deepEqual(change(0), ["/etc/v.vcl", "v.service"]);
  t.deepEqual(change(1), ["/etc/other"]);
});

for (const [says, requests, code, place] of [
  ["an unknown role", [{ role: "vanrish", parameters: {} }], "role-unknown", undefined],
  [
    "an unknown parameter, with its place",
    [
      {
        role: "trial",
        parameters: { bakends: [] },
        place: (path: readonly PropertyKey[]) => ({
          file: "inventory/nodes/web01.yaml",
          line: path[0] === "bakends" ? 7 : 1,
        }),
      },
    ],
    "parameter-invalid",
    7,
  ],
] as const) {
  test(`${says} is refused before any connection`, (t) => {
    const role = defineRole({ name: "trial", parameters: z.strictObject({}), resources: () => [] });
    const error = t.throws(
      () => compileCatalogue({ node: testNode, roles: [role], requests, loadTemplate: () => "" }),
      { instanceOf: ProvisionError },
    );
    t.is(error?.code, code);
    t.is(error?.place?.line, place);
  });
}

test("a service's inputs move with a secret, and don't show it", (t) => {
  const inputsWith = (password: string) => {
    const config = file("/etc/v.conf", { content: new Secret(password) });
    return catalogueOf([config, service("v.service", { running: true, subscribe: [config] })]).items.at(-1)?.inputs;
  };
  t.deepEqual(inputsWith("one"), inputsWith("one"));
  t.not(inputsWith("one")?.restart, inputsWith("two")?.restart);
});
