import test from "ava";
import { z } from "zod";
import { applyProgram } from "../../src/converge/apply-program.ts";
import { type Catalogue, compileCatalogue } from "../../src/converge/catalogue.ts";
import { globMatches, splitTerms } from "../../src/converge/glob.ts";
import { comparePlan, type Plan } from "../../src/converge/plan.ts";
import { directory } from "../../src/converge/resources/directory.ts";
import { file } from "../../src/converge/resources/file.ts";
import { debianPackage } from "../../src/converge/resources/package.ts";
import { service } from "../../src/converge/resources/service.ts";
import { user } from "../../src/converge/resources/user.ts";
import { defineRole } from "../../src/converge/role.ts";
import { parseSelector, selectFrom } from "../../src/converge/selector.ts";
import { ProvisionError } from "../../src/errors.ts";
import { testNode } from "./scratch.ts";

const software = debianPackage("vv");
const vcl = file("/etc/vv/site.vcl", { content: "x", owner: "cache", require: [software] });
const roles = [
  defineRole({
    name: "base",
    parameters: z.strictObject({}),
    resources: () => [file("/etc/motd", { content: "hello" }), user("cache"), file("/etc/odd,|name", { content: "" })],
  }),
  defineRole({
    name: "cache",
    parameters: z.strictObject({}),
    resources: () => [
      software,
      directory("/etc/vv"),
      vcl,
      service("vv.service", { running: true, reloadOn: [vcl] }),
      service("probe.service", { running: true, subscribe: [vcl] }),
    ],
  }),
];
const names = [...roles.map(({ name }) => name), "gateway"];

const whole = compileCatalogue({
  node: testNode,
  roles,
  requests: roles.map(({ name }) => ({ role: name, parameters: {} })),
  loadTemplate: () => "",
});
const select = (text: string) => selectFrom(whole, parseSelector(text, names));
const references = ({ items }: Catalogue) => items.map(({ reference }) => reference);

const vclAndGround = ["user[cache]", "package[vv]", "directory[/etc/vv]", "file[/etc/vv/site.vcl]"];

for (const [says, text, expected] of [
  ["one resource stands alone", "title=/etc/motd", ["file[/etc/motd]"]],
  ["what it stands on comes along, over roles and by itself", "resource=file[/etc/vv/site.vcl]", vclAndGround],
  ["keys narrow each other", "role=cache,type=file", vclAndGround],
  ["| widens", "title=/etc/motd|cache", ["file[/etc/motd]", "user[cache]"]],
  ["so does the same key again", "title=/etc/motd,title=cache", ["file[/etc/motd]", "user[cache]"]],
  ["a glob takes many", "resource=file[/etc/*],role=base", ["file[/etc/motd]", "file[/etc/odd,|name]"]],
  ["? is one sign", "title=/etc/mot?", ["file[/etc/motd]"]],
  ["signs in brackets are part of the name", "resource=file[/etc/odd,|name]", ["file[/etc/odd,|name]"]],
  ["signs behind \\ too", "title=/etc/odd\\,\\|name", ["file[/etc/odd,|name]"]],
  ["blanks beside the signs don't count", " role = base , type = user ", ["user[cache]"]],
  ["a role by glob", "role=b*,type=user", ["user[cache]"]],
] as const) {
  test(`selects: ${says} (${text})`, (t) => t.deepEqual(references(select(text)), expected as unknown as string[]));
}

for (const [says, text, code, said] of [
  ["a key that nobody knows", "rol=base", "selector-invalid", 'Did you mean "role"?'],
  ["a role that nobody has", "role=bsae", "selector-invalid", 'Did you mean "base"?'],
  ["a type that there isn't", "type=fiel", "selector-invalid", 'Did you mean "file"?'],
  ["a glob over roles that fits none", "role=zz*", "selector-invalid", "Known are: base, cache, gateway"],
  ["no key at all", "varnish", "selector-invalid", "Write it as role=varnish,type=file"],
  ["no value", "role=", "selector-invalid", "Write it as"],
  ["an empty one", "", "selector-invalid", "Write it as"],
  ["a comma too many", "role=base,", "selector-invalid", "Write it as"],
  ["nothing of this node", "role=gateway", "selection-empty", "base (2 file, 1 user), cache (1 package, 1 directory,"],
  ["keys that never fit together", "role=base,type=service", "selection-empty", "There is: base"],
  ["another case of letters", "title=/ETC/motd", "selection-empty", "There is: base"],
] as const) {
  test(`refuses ${says} (${text})`, (t) => {
    const error = t.throws(() => select(text), { instanceOf: ProvisionError });
    t.is(error?.code, code);
    t.true(error?.hint.includes(said), error?.hint);
  });
}

test("a part keeps numbers, order and digests: its plan is a part of the whole's", (t) => {
  const part = select("type=service");
  for (const item of part.items) t.is(item, whole.items.find(({ id }) => id === item.id) as typeof item);
  for (const { id } of part.items)
    t.deepEqual([...(part.ancestors.get(id) ?? [])], [...(whole.ancestors.get(id) ?? [])]);
  const seen = new Map(whole.items.map(({ id }) => [id, new Map([["absent", "yes"]])]));
  const planOf = (catalogue: Catalogue) => comparePlan(catalogue, seen).map(({ item }) => item.reference);
  t.deepEqual(
    planOf(part),
    planOf(whole).filter((one) => references(part).includes(one)),
  );
});

test("what was left out is known, also after a second choice", (t) => {
  const part = selectFrom(select("role=cache"), parseSelector("type=file", names));
  const all = [...part.items, ...(part.outside ?? [])].map(({ id }) => id).toSorted((a, b) => a - b);
  t.deepEqual(
    all,
    whole.items.map(({ id }) => id).toSorted((a, b) => a - b),
  );
});

test("a service that isn't selected is told that its inputs changed, and isn't touched", (t) => {
  const part = select("resource=file[/etc/vv/site.vcl]");
  const vclId = part.items.at(-1)?.id ?? -1;
  const planned = comparePlan(part, new Map([[vclId, new Map([["absent", "yes"]])]]));
  t.deepEqual(
    planned.map(({ item }) => item.reference),
    ["file[/etc/vv/site.vcl]"],
  );
  const program = applyProgram({ catalogue: part, planned, witness: "w" } as unknown as Plan, {
    says: "run 1",
    key: "1",
  });
  t.regex(program, /outdate '?restart'? '?probe\.service'?/);
  t.regex(program, /outdate '?reload'? '?vv\.service'?/);
  t.notRegex(program, /ensure_service '?(?:vv|probe)/);
});

for (const [pattern, text, fits] of [
  ["a.c", "abc", false],
  ["*", "", true],
  ["/etc/*", "/etc/a/b", true],
  ["a?c", "ac", false],
  ["a\\*", "ab", false],
  ["a\\*", "a*", true],
  ["file[a]", "file[a]", true],
  ["(x)+|y", "(x)+|y", true],
  ["ü?", "ü😀", true],
] as const) {
  test(`the pattern ${pattern} ${fits ? "fits" : "doesn't fit"} ${JSON.stringify(text)}`, (t) =>
    t.is(globMatches(pattern, text), fits));
}

test("terms are split outside of brackets only", (t) => {
  t.deepEqual(splitTerms("a[1,2],b\\,c, d", ","), ["a[1,2]", "b\\,c", "d"]);
});
