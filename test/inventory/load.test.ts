import { join } from "node:path";
import test from "ava";
import { z } from "zod";
import { formatPlace, ProvisionError } from "../../src/errors.ts";
import type { KnownRole } from "../../src/inventory/checks/roles.ts";
import { explainNode } from "../../src/inventory/explain.ts";
import { loadInventory, requireInventory } from "../../src/inventory/load.ts";
import { editDistance, nearest } from "../../src/inventory/nearest.ts";
import { changed, good, load, tell } from "./site-on-disk.ts";

const varnishParameters = z.strictObject({
  backends: z.array(z.string()).min(1).describe("host:port of each backend"),
  storage: z.enum(["malloc", "file"]).default("malloc"),
});
const roles: readonly KnownRole[] = [
  { name: "base", parameters: z.strictObject({}) },
  { name: "varnish", parameters: varnishParameters },
];

test("the demo's site is good, and its empty role is a role without parameters", (t) => {
  const { inventory } = requireInventory(loadInventory(join(import.meta.dirname, "../../inventory"), { roles }));
  t.deepEqual([...inventory.nodes.keys()], ["web01", "web02"]);
  t.deepEqual(inventory.nodes.get("web01")?.roles.base, {});
  t.is(inventory.nodes.get("web02")?.firmware, "uefi");
});

test("a good site of two nodes", (t) => {
  t.deepEqual(tell(load(t)), []);
});

test("every problem of every file is told at once, in the order of files and lines", (t) => {
  const told = tell(
    load(t, {
      ...changed("site.yaml", "controller: 192.0.2.1\n", "controller: 192.0.2.1\n    lease: 5\n"),
      "profiles/broken.yaml": "os: [\n",
      "nodes/n1.yaml": (good["nodes/n1.yaml"] as string)
        .replace("uefi", "uefy")
        .replace("profile: plain", "profile: none"),
      ...changed("nodes/n2.yaml", "192.0.2.12", "192.0.2.11"),
    }),
  );
  t.deepEqual(
    told.map((line) => line.split(": ")[0]),
    [
      "nodes/n1.yaml:10:11 inventory-value",
      "nodes/n1.yaml:14:10 inventory-reference",
      "nodes/n2.yaml:4:14 inventory-conflict",
      "profiles/broken.yaml:2:1 inventory-syntax",
      "site.yaml:7:5 inventory-unknown-key",
    ],
  );
});

test("a folder that isn't there", (t) => {
  const result = loadInventory("/nonexistent/inventory");
  t.is(result.kind, "invalid");
  if (result.kind === "invalid")
    t.deepEqual([...new Set(result.problems.map((one) => one.code))], ["inventory-missing"]);
});

test("requireInventory throws the only problem itself, and several as one", (t) => {
  const one = t.throws(() => requireInventory(load(t, changed("nodes/n1.yaml", "uefi", "uefy"))), {
    instanceOf: ProvisionError,
  });
  t.is(one.code, "inventory-value");
  const both = { ...changed("nodes/n1.yaml", "uefi", "uefy"), ...changed("nodes/n2.yaml", "uefi", "x") };
  const several = t.throws(() => requireInventory(load(t, both)), { instanceOf: ProvisionError });
  t.is(several.code, "inventory-invalid");
  t.regex(several.message, /n1\.yaml:10:11: firmware.*\n.*n2\.yaml:10:11: firmware/);
});

for (const [what, text, said] of [
  [
    "an unknown role",
    "  varnsih: {}",
    ['16:3 inventory-reference: there is no role "varnsih" | Did you mean "varnish"?'],
  ],
  [
    "an unknown parameter",
    "  varnish:\n    backend: [a]",
    [
      'roles.varnish: the key "backends" is missing | host:port of each backend',
      '17:5 inventory-unknown-key: roles.varnish: unknown key "backend" | Did you mean "backends"?',
    ],
  ],
  [
    "a bad parameter",
    "  varnish:\n    backends:\n      - a\n      - 7",
    ["19:9 inventory-value: roles.varnish: backends[1]: must be text, not the number 7"],
  ],
  ["a role that is a list", "  varnish: [a]", ["16:12 inventory-value: roles.varnish: must be a mapping"]],
  ["a role with nothing", "  base:", []],
] as const) {
  test(`a role's parameters: ${what}`, (t) => {
    const files = { "nodes/n1.yaml": `${good["nodes/n1.yaml"]}roles:\n${text}\n` };
    const told = tell(load(t, files, { roles }));
    t.is(told.length, said.length, told.join("\n"));
    for (const [index, piece] of said.entries())
      t.true(told[index]?.includes(piece), `${told[index]}\n  lacks\n${piece}`);
  });
}

test("the place of a role's parameter can be asked for", (t) => {
  const files = { "nodes/n1.yaml": `${good["nodes/n1.yaml"]}roles:\n  varnish:\n    backends: ["a", "b"]\n` };
  const { places } = requireInventory(load(t, files, { roles }));
  t.regex(formatPlace(places.node("n1", ["roles", "varnish", "backends", 1])), /nodes\/n1\.yaml:17:21$/);
  t.regex(formatPlace(places.site(["networks", "rack", "gateway"])), /site\.yaml:7:14$/);
  t.regex(formatPlace(places.profile("plain", ["os", "release"])), /profiles\/plain\.yaml:1:32$/);
});

test("a node explained shows what it inherits, and no secret", (t) => {
  const loaded = requireInventory(load(t));
  const shown = explainNode(loaded, "n1");
  t.is(shown.hostName, "n1.local");
  t.like(shown, { bmc: { password: "***" }, profile: { name: "plain", os: { release: "12" } } });
  t.like((shown.interfaces as object[])[0], { subnet: "192.0.2.0/24", gateway: "192.0.2.254" });
  t.false(JSON.stringify(shown).includes("canary"));
  t.deepEqual(structuredClone(shown), shown, "it is plain data");
  const error = t.throws(() => explainNode(loaded, "m1"), { instanceOf: ProvisionError });
  t.is(error.code, "inventory-unknown-node");
  t.is(error.hint, 'Did you mean "n1"?');
});

for (const [a, b, distance] of [
  ["", "abc", 3],
  ["kitten", "sitting", 3],
  ["impi", "ipmi", 1],
  ["same", "same", 0],
] as const) {
  test(`the distance of "${a}" and "${b}" is ${distance}`, (t) => t.is(editDistance(a, b), distance));
}

for (const [word, near] of [
  ["kernel-args", "kernelArguments"],
  ["adress", "address"],
  ["IPMI", "ipmi"],
  ["zebra", undefined],
] as const) {
  test(`near to "${word}" is ${near}`, (t) =>
    t.is(nearest(word, ["kernelArguments", "address", "ipmi", "network"]), near));
}
