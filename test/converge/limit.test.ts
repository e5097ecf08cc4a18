import test from "ava";
import { chooseNodes, type FleetNode, limitNodes } from "../../src/converge/limit.ts";
import { ProvisionError } from "../../src/errors.ts";

const node = (name: string, roles: string, groups: string, rack?: string): FleetNode => ({
  ...{ name, roles: roles.split(" "), groups: groups.split(" ").filter(Boolean), rack },
});

const fleet = [
  node("db1", "base galera", "db", "r1"),
  node("db2", "base galera", "db", "r2"),
  node("web1", "base varnish", "web eu", "r1"),
  node("web2", "base varnish", "web", "r2"),
  node("web10", "base varnish nginx", "web"),
];
const namesOf = (nodes: readonly FleetNode[]) => nodes.map(({ name }) => name).join(" ");

for (const [says, text, expected] of [
  ["a name", "web1", "web1"],
  ["a glob", "web*", "web1 web2 web10"],
  ["one sign", "web?", "web1 web2"],
  ["a group", "group=db", "db1 db2"],
  ["a role", "role=varnish", "web1 web2 web10"],
  ["a rack", "rack=r1", "db1 web1"],
  ["or", "rack=r1,web10", "db1 web1 web10"],
  ["in the inventory's order, whatever order was typed", "web2,db1", "db1 web2"],
  ["and", "role=varnish&rack=r2", "web2"],
  ["not", "!group=web", "db1 db2"],
  ["but not", "web*&!web10", "web1 web2"],
  ["and binds closer than or", "db1,role=varnish&rack=r2", "db1 web2"],
  ["a node without a rack is in none", "!rack=r*", "web10"],
  ["blanks", " web1 , role = nginx ", "web1 web10"],
] as const) {
  test(`limit by ${says}: ${text}`, (t) => t.is(namesOf(limitNodes(fleet, text)), expected));
}

for (const [says, text, code, hint] of [
  ["an unknown name", "wbe1", "limit-unknown", 'Did you mean "web1"?'],
  ["an unknown name among known ones", "web1,web22", "limit-unknown", "Did you mean"],
  ["an unknown group", "group=bd", "limit-unknown", 'Did you mean "db"?'],
  ["an unknown role", "role=vanrish", "limit-unknown", 'Did you mean "varnish"?'],
  ["an unknown rack", "rack=cellar", "limit-unknown", "Known are: r1, r2"],
  ["a glob that fits none", "mail*", "limit-unknown", "Known are: db1, db2"],
  ["an unknown name behind a not", "web*&!wbe1", "limit-unknown", 'Did you mean "web1"?'],
  ["an unknown key", "rcak=r1", "limit-invalid", 'Did you mean "rack"?'],
  ["an empty term", "web1,", "limit-invalid", "Write names"],
  ["an empty limit", "", "limit-invalid", "Write names"],
  ["a not behind a comma", "web*,!web10", "limit-invalid", "write &!web10"],
  ["what leaves nobody", "group=db&group=web", "limit-empty", "It was taken of: db1"],
] as const) {
  test(`a limit with ${says} is refused: ${text}`, (t) => {
    const error = t.throws(() => limitNodes(fleet, text), { instanceOf: ProvisionError });
    t.is(error?.code, code);
    t.true(error?.hint.includes(hint), error?.hint);
  });
}

const choose = (change: Partial<Parameters<typeof chooseNodes>[0]>) =>
  namesOf(chooseNodes({ fleet, names: [], all: false, max: 3, verb: "apply", ...change }));

for (const [says, change, expected] of [
  ["named nodes, in the inventory's order", { names: ["web1", "db1"] }, "db1 web1"],
  ["a limit takes of all", { limit: "rack=r1" }, "db1 web1"],
  ["names and a limit narrow each other", { names: ["db1", "web2"], limit: "group=web" }, "web2"],
  ["--all", { all: true }, "db1 db2 web1 web2 web10"],
  ["--all with a limit is the limit, however many", { all: true, limit: "!db1" }, "db2 web1 web2 web10"],
  ["as many as --max", { limit: "web*" }, "web1 web2 web10"],
  ["what only reads knows no maximum", { limit: "*", max: undefined }, "db1 db2 web1 web2 web10"],
] as const) {
  test(`chosen: ${says}`, (t) => t.is(choose(change), expected));
}

for (const [says, change, code, said] of [
  ["nobody named", {}, "nodes-unnamed", "no node was named"],
  [
    "too many",
    { limit: "*" },
    "too-many-nodes",
    "5 nodes, and 3 is the most without --all: db1, db2, web1, web2, web10",
  ],
  ["too many by name", { names: fleet.map(({ name }) => name) }, "too-many-nodes", "5 nodes"],
  ["named and limited away", { names: ["db1"], limit: "group=web" }, "limit-empty", "leaves no node"],
  ["an unknown name", { names: ["web11x"] }, "limit-unknown", "web11x"],
] as const) {
  test(`not chosen: ${says}`, (t) => {
    const error = t.throws(() => choose(change), { instanceOf: ProvisionError });
    t.is(error?.code, code);
    t.true(error?.message.includes(said), error?.message);
  });
}
