import test from "ava";
import { z } from "zod";
import { formatPlace } from "../../src/errors.ts";
import type { KnownRole } from "../../src/inventory/checks/roles.ts";
import { explainNode } from "../../src/inventory/explain.ts";
import { assignedRoles, mergedParameters, placeOfParameter } from "../../src/inventory/levels.ts";
import { requireInventory } from "../../src/inventory/load.ts";
import { secretText } from "../../src/inventory/secret-text.ts";
import { changed, type Files, good, load, tell } from "./site-on-disk.ts";

const roles: readonly KnownRole[] = [
  {
    name: "base",
    parameters: z.strictObject({ motd: z.string().default(""), sysctl: z.record(z.string(), z.string()).default({}) }),
  },
  {
    name: "varnish",
    parameters: z
      .strictObject({
        backends: z.array(z.string()).min(1).describe("host:port of each backend"),
        port: z.int().max(65535).default(80),
        admin: z.int().default(6082),
      })
      .refine(({ port, admin }) => port !== admin, { path: ["admin"], message: "must not be the port of clients" }),
  },
  { name: "database", parameters: z.strictObject({ password: secretText().optional() }) },
];

const site = (more: string) => ({ "site.yaml": `${good["site.yaml"]}${more}` });
const node = (name: string, more: string) => ({ [`nodes/${name}.yaml`]: `${good[`nodes/${name}.yaml`]}${more}` });
const web = (more: string) => ({ "groups/web.yaml": more });
const both = (groups: string, more = "") => ({
  ...node("n1", `groups: [${groups}]\n${more}`),
  ...node("n2", `groups: [${groups}]\n${more}`),
});
const backends = 'roles: { varnish: { backends: ["a:1"] } }\n';

const mistakes: readonly (readonly [what: string, files: Files, said: readonly string[]])[] = [
  [
    "a role that nobody knows, given to all",
    site("roles: { varnsih: }\n"),
    ['site.yaml:9:10 inventory-reference: there is no role "varnsih" | Did you mean "varnish"?'],
  ],
  [
    "parameters of a role that nobody knows",
    web("parameters:\n  vranish: { port: 1 }\n"),
    ['groups/web.yaml:2:3 inventory-reference: there is no role "vranish" | Did you mean "varnish"?'],
  ],
  [
    "an unknown parameter of the site, though no node has the role",
    site("parameters: { varnish: { prot: 1 } }\n"),
    ['site.yaml:9:26 inventory-unknown-key: parameters.varnish: unknown key "prot" | Did you mean "port"?'],
  ],
  [
    "a bad value of a group is told once, at its place",
    { ...web("parameters: { varnish: { port: http } }\n"), ...both("web", backends) },
    ["groups/web.yaml:1:32 inventory-value: parameters.varnish: port: must be a number, not text"],
  ],
  [
    "a bad value is told even where a stronger level hides it",
    {
      ...site("parameters: { varnish: { port: http } }\n"),
      ...web("parameters: { varnish: { port: 8 } }\n"),
      ...both("web", backends),
    },
    ["site.yaml:9:32 inventory-value: parameters.varnish: port: must be a number, not text"],
  ],
  [
    "what a role lacks on a node that asked for it itself",
    node("n1", "roles:\n  varnish: { port: 8 }\n"),
    [
      'nodes/n1.yaml:16:3 inventory-missing-key: roles.varnish: the key "backends" is missing | host:port of each backend',
    ],
  ],
  [
    "what a role of a group lacks on several nodes is one mistake",
    { ...web("roles:\n  varnish:\n"), ...both("web") },
    ['groups/web.yaml:2:3 inventory-missing-key: roles.varnish: the key "backends" is missing (for n1 and 1 more)'],
  ],
  [
    "what a role of the site lacks on one of the nodes",
    { ...site("roles:\n  varnish:\n"), ...node("n2", backends) },
    ['site.yaml:10:3 inventory-missing-key: roles.varnish: the key "backends" is missing (for n1) |'],
  ],
  [
    "what one level lacks, another gives",
    { ...site("roles: { varnish: }\n"), ...web("parameters: { varnish: { backends: [a] } }\n"), ...both("web") },
    [],
  ],
  [
    "two levels that don't go together: the one that is wrong",
    {
      ...site("parameters:\n  varnish: { admin: 90 }\n"),
      ...node("n1", 'roles: { varnish: { backends: ["a:1"], port: 90 } }\n'),
    },
    ["site.yaml:10:21 inventory-value: roles.varnish: admin: must not be the port of clients (for n1)"],
  ],
  [
    "a parameter twice in a file",
    web('roles:\n  varnish: { port: 1 }\nparameters:\n  varnish: { port: 2, backends: ["a:1"] }\n'),
    ["groups/web.yaml:4:14 inventory-conflict: parameters.varnish.port is given under roles.varnish of this file, too"],
  ],
  [
    "a group without a file",
    { ...web("{}\n"), ...node("n1", "groups: [wbe]\n") },
    ['nodes/n1.yaml:15:10 inventory-reference: there is no group "wbe" (groups/wbe.yaml) | Did you mean "web"?'],
  ],
  ["groups are labels where there is no folder of them", both("web, rack-1"), []],
  [
    "a group twice",
    node("n1", "groups: [web, db, web]\n"),
    ["nodes/n1.yaml:15:19 inventory-conflict: the group web is named twice | Keep one"],
  ],
  [
    "an unknown key of a group",
    web("role: { varnish: }\n"),
    ['groups/web.yaml:1:1 inventory-unknown-key: unknown key "role" | Did you mean "roles"?'],
  ],
  ["an empty group", web("# nothing yet\n"), ["groups/web.yaml:1:1 inventory-empty"]],
  [
    "a group that is no YAML is told once",
    { ...web("a: [\n"), ...both("web") },
    ["groups/web.yaml:2:1 inventory-syntax"],
  ],
  [
    "nothing is said to be missing while a group can't be read",
    { ...web("roles: 7\n"), ...both("web", "roles: { varnish: }\n") },
    ["groups/web.yaml:1:8 inventory-value: roles: must be a mapping"],
  ],
  [
    "a node has no parameters beside its roles",
    node("n1", "parameters: {}\n"),
    ['nodes/n1.yaml:15:1 inventory-unknown-key: unknown key "parameters"'],
  ],
];

for (const [what, files, said] of mistakes) {
  test(what, (t) => {
    const told = tell(load(t, files, { roles }));
    t.is(told.length, said.length, told.join("\n"));
    for (const [index, piece] of said.entries())
      t.true(told[index]?.includes(piece), `${told[index]}\n  lacks\n${piece}`);
  });
}

const layered = {
  ...site(
    'roles:\n  base: { motd: "site", sysctl: { a: "1", b: "2" } }\nparameters:\n  varnish: { port: 1, admin: 1 }\n',
  ),
  "groups/web.yaml": 'roles:\n  varnish: { backends: ["w:1"] }\nparameters:\n  base: { motd: web }\n',
  "groups/eu.yaml": "parameters:\n  varnish: { port: 3 }\n  database: { password: in-plain }\n",
  ...node("n1", 'groups: [web, eu]\nroles:\n  database:\n  base: { sysctl: { c: "3" } }\n'),
  ...node("n2", "groups: [eu, web]\n"),
};

test("site, groups in their order and node: the strongest word wins, value by value", (t) => {
  const loaded = requireInventory(load(t, layered, { roles }));
  const n1 = assignedRoles(loaded.levels("n1"));
  t.deepEqual(
    n1.map((role) => [role.name, mergedParameters(role)]),
    [
      ["base", { motd: "web", sysctl: { c: "3" } }],
      ["varnish", { port: 3, admin: 1, backends: ["w:1"] }],
      ["database", { password: "in-plain" }],
    ],
  );
  const n2 = assignedRoles(loaded.levels("n2"));
  t.deepEqual(
    n2.map(({ name }) => name),
    ["base", "varnish"],
    "a parameter gives its role to nobody",
  );
  const files = (role: (typeof n1)[number], ...paths: string[][]) =>
    paths.map((path) => formatPlace(placeOfParameter(role, path)).replace(/^.*?(\w+\/)?(\w+\.yaml)/, "$1$2"));
  t.deepEqual(files(n1[0]!, ["motd"], ["sysctl", "c"], []), [
    "groups/web.yaml:4:17",
    "nodes/n1.yaml:18:24",
    "nodes/n1.yaml:18:3",
  ]);
  t.deepEqual(files(n1[1]!, ["port"], ["backends", "0"], ["gone"]), [
    "groups/eu.yaml:2:20",
    "groups/web.yaml:2:25",
    "groups/web.yaml:2:3",
  ]);
});

test("a later group wins over an earlier one", (t) => {
  const loaded = requireInventory(
    load(t, { ...layered, "groups/web.yaml": "roles: { varnish: { backends: [w], port: 2 } }\n" }, { roles }),
  );
  const port = (name: string) => mergedParameters(assignedRoles(loaded.levels(name))[1]!).port;
  t.deepEqual([port("n1"), port("n2")], [3, 2]);
});

test("a node shown has its roles from everywhere, and what would be secret is masked", (t) => {
  const loaded = requireInventory(load(t, layered, { roles }));
  const shown = explainNode(loaded, "n1", roles);
  t.deepEqual(shown.roles, {
    base: { motd: "web", sysctl: { c: "3" } },
    varnish: { port: 3, admin: 1, backends: ["w:1"] },
    database: { password: "***" },
  });
  t.false(JSON.stringify(shown).includes("in-plain"));
});

test("a role's name that is an object's own is a role nobody knows", (t) => {
  const told = tell(
    load(t, changed("nodes/n1.yaml", "firmware: uefi", "firmware: uefi\nroles: { constructor: }"), { roles }),
  );
  t.is(told.length, 1, told.join("\n"));
  t.true(told[0]?.includes('there is no role "constructor"'));
});
