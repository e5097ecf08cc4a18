import { readFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import test from "ava";
import { z } from "zod";
import { formatPlace, ProvisionError } from "../../src/errors.ts";
import { ageKeyOf, armored, createAgeKey, isRecipient, open, seal } from "../../src/inventory/age.ts";
import { parseYaml } from "../../src/inventory/document.ts";
import { openedFiles, readInventory, sealedSecrets } from "../../src/inventory/files.ts";
import { schemaIssues } from "../../src/inventory/issues.ts";
import { checkInventory, requireInventory } from "../../src/inventory/load.ts";
import { rewriteSecrets, secretScalars } from "../../src/inventory/rewrite.ts";
import { masked } from "../../src/inventory/schema-walk.ts";
import { ageFileIn, SealedSecret, sealedIn } from "../../src/inventory/sealed.ts";
import { secretText } from "../../src/inventory/secret-text.ts";
import { Secret } from "../../src/secret.ts";
import { changed, good, load, tell } from "./site-on-disk.ts";

/** Made by age 1.1.1 of Debian 12: age-keygen; printf rack-secret | age -r RECIPIENT -a */
const captures = join(import.meta.dirname, "../captures/age");
const capture = readFileSync(join(captures, "rack-secret.age"), "utf8");
const base64 = capture.replaceAll(/-----.*-----|\n/g, "");
const theirs = (await ageKeyOf(
  new Secret(/^AGE-SECRET-KEY-1.*$/m.exec(readFileSync(join(captures, "identity.txt"), "utf8"))?.[0] ?? ""),
))!;
const indented = (text: string, by: string) => text.trimEnd().replaceAll(/^/gm, by);

test("what age wrote is opened with its identity, and with no other", async (t) => {
  const file = ageFileIn(capture)!;
  const said = await open(file, [theirs.identity]);
  t.is(said.kind === "opened" && said.secret.reveal(), "rack-secret");
  const other = await createAgeKey();
  t.deepEqual(await open(file, [other.identity]), { kind: "not for us" });
  t.is((await open(file, [other.identity, theirs.identity])).kind, "opened");
  const bent = Uint8Array.from(file);
  bent[bent.length - 1]! ^= 1;
  t.deepEqual(await open(bent, [theirs.identity]), { kind: "damaged" });
});

test("a secret that isn't text is damaged, not mended", async (t) => {
  const { Encrypter } = await import("age-encryption");
  const encrypter = new Encrypter();
  encrypter.addRecipient(theirs.recipient);
  t.deepEqual(await open(await encrypter.encrypt(Uint8Array.of(0xff, 0xfe)), [theirs.identity]), { kind: "damaged" });
});

for (const [what, text, good] of [
  ["as age prints it", capture, true],
  ["its base64 alone", base64, true],
  ["its base64 in lines of any length", base64.replaceAll(/(.{7})/g, "$1 \n"), true],
  ["folded by YAML into one line", capture.replaceAll("\n", " "), true],
  ["cut in the middle", base64.slice(0, 200), false],
  ["cut within its last 32 bytes", base64.slice(0, -28), false],
  ["with a sign that base64 hasn't", `${base64.slice(0, -4)}*AA=`, false],
  ["a plain word", "rack-secret", false],
  ["nothing", "", false],
  ["base64 of something else", Buffer.from("x".repeat(300)).toString("base64"), false],
] as const) {
  test(`a !secret ${what} is ${good ? "good" : "refused"}`, (t) => t.is(ageFileIn(text) !== undefined, good));
}

const forms: readonly (readonly [what: string, yaml: string, place: string])[] = [
  ["in one line", `a:\n  b: !secret ${base64}\n`, "f:2:14"],
  ["in quotes", `a:\n  b: !secret "${base64}"\n`, "f:2:14"],
  ["as a block", `a:\n  b: !secret |\n${indented(capture, "    ")}\n`, "f:3:5"],
  [
    "as a block after blank lines, without the last line feed",
    `a:\n  b: !secret |-\n\n${indented(capture, "      ")}`,
    "f:4:7",
  ],
  ["as a folded block", `a:\n  b: !secret >\n${indented(capture, "    ")}\n`, "f:3:5"],
  ["in a flow", `a: { b: !secret ${base64}, c: 1 }\n`, "f:1:17"],
];
for (const [what, yaml, place] of forms) {
  test(`a !secret ${what} is found with its place, and rekeyed with all else kept`, async (t) => {
    const parsed = parseYaml("f", yaml);
    t.deepEqual(parsed.problems, []);
    const [sealed, ...more] = parsed.kind === "document" ? sealedIn(parsed.document.value) : [];
    t.deepEqual([more, formatPlace(sealed!.place)], [[], place]);
    const two = await createAgeKey();
    const wrapped = `# one\r\n${yaml}\n# two \n`;
    const [scalar] = secretScalars("f", wrapped);
    const news = await seal(new Secret("other"), [theirs.recipient, two.recipient]);
    const rewritten = rewriteSecrets(wrapped, new Map([[scalar!, news]]));
    t.is((await open(secretScalars("f", rewritten)[0]!.ciphertext, [two.identity])).kind, "opened");
    const shape = (text: string) => text.replaceAll(/[A-Za-z0-9+/=]{16,}\n?\s*/g, "");
    t.is(shape(rewritten), shape(wrapped));
    t.is(rewritten.includes("BEGIN AGE"), yaml.includes("BEGIN AGE"));
    const back = rewriteSecrets(rewritten, new Map([[secretScalars("f", rewritten)[0]!, ageFileIn(capture)!]]));
    t.is(back, what === "as a folded block" ? back : wrapped);
  });
}

test("several secrets of a file are rekeyed in one go", async (t) => {
  const text = `a: !secret ${base64}\nb: [!secret ${base64}, "!secret x"]\nc: !secret |\n${indented(base64, "  ")}\n`;
  const scalars = secretScalars("f", text);
  t.is(scalars.length, 3);
  const news = await Promise.all(
    ["one", "two", "three"].map((word) => seal(new Secret(word), [theirs.recipient, theirs.recipient])),
  );
  const after = rewriteSecrets(text, new Map(scalars.map((scalar, index) => [scalar, news[index]!])));
  const opened = await Promise.all(
    secretScalars("f", after).map(({ ciphertext }) => open(ciphertext, [theirs.identity])),
  );
  t.deepEqual(
    opened.map((one) => one.kind === "opened" && one.secret.reveal()),
    ["one", "two", "three"],
  );
  t.true(after.includes('"!secret x"'));
  t.false(after.includes("BEGIN AGE"), "where only base64 was, only base64 is");
});

const password = (value: string) => changed("nodes/n1.yaml", "password: canary-1", `password: ${value}`);

for (const [what, files, said] of [
  ["a secret of the right form", password(`!secret ${base64}`), []],
  [
    "one of another form",
    password("!secret canary"),
    ["nodes/n1.yaml:9:21 inventory-secret: A !secret holds an age file"],
  ],
  ["one with nothing in it", password("!secret"), ["inventory-secret"]],
  [
    "another tag",
    password("!vault canary"),
    ["inventory-syntax: unknown scalar tag !<!vault> | Values that begin with !"],
  ],
  [
    "a mapping behind it",
    password("!secret { a: 1 }"),
    ["inventory-syntax: unknown mapping tag !<!secret> | A !secret is one text"],
  ],
  [
    "a secret where nothing is kept secret",
    changed("nodes/n1.yaml", "firmware: uefi", `firmware: !secret ${base64}`),
    ["nodes/n1.yaml:10:19 inventory-value: firmware: can't be a !secret"],
  ],
  [
    "a secret for a whole section",
    changed("nodes/n1.yaml", "disks:\n  - serial: N1-A\n  - serial: N1-B", `disks: !secret ${base64}`),
    ["nodes/n1.yaml:11:16 inventory-value: disks: can't be a !secret"],
  ],
  [
    "an alias within its anchor",
    changed("nodes/n1.yaml", "firmware: uefi", "firmware: uefi\nroles: &a\n  base: *a"),
    ["inventory-syntax: the alias stands within"],
  ],
  [
    "a recipient that is none",
    { "site.yaml": `${good["site.yaml"]}secrets: { recipients: [AGE-SECRET-KEY-1CANARY] }\n` },
    ["site.yaml:9:25 inventory-value: secrets.recipients[0]: must be the public half of an age key"],
  ],
] as const) {
  test(`in an inventory: ${what}`, (t) => {
    const told = tell(load(t, files));
    t.is(told.length, said.length, told.join("\n"));
    for (const [index, piece] of said.entries())
      t.true(told[index]?.includes(piece), `${told[index]}\n  lacks\n${piece}`);
    t.false(told.join().includes("canary"));
  });
}

test("what is sealed can't be printed, and asking for it names its place", (t) => {
  const loaded = requireInventory(load(t, password(`!secret ${base64}`)));
  const { bmc } = loaded.inventory.nodes.get("n1")!;
  const secret = bmc.driver === "ipmi" ? bmc.password : undefined;
  t.true(secret instanceof SealedSecret);
  t.deepEqual(
    [String(secret), JSON.stringify({ secret }), inspect({ secret })],
    ["***", '{"secret":"***"}', "{ secret: *** }"],
  );
  const error = t.throws(() => secret?.reveal(), { instanceOf: ProvisionError, code: "secret-sealed" });
  t.regex(formatPlace(error!.place!), /nodes\/n1\.yaml:9:21$/);
});

test("once opened it is a secret like any other, and its own rules are checked", async (t) => {
  const at = async (text: string) => {
    const sealed = Buffer.from(await seal(new Secret(text), [theirs.recipient])).toString("base64");
    const files = readInventory(load(t, password(`!secret ${sealed}`)).folder);
    const [one] = sealedSecrets(files);
    const said = await open(one!.ciphertext, [theirs.identity]);
    const result = checkInventory(openedFiles(files, new Map([[one!, said.kind === "opened" ? said.secret : one!]])));
    return { ...result, folder: files.root };
  };
  const opened = requireInventory(await at("twenty bytes, no mor"));
  const { bmc } = opened.inventory.nodes.get("n1")!;
  t.is(bmc.driver === "ipmi" && bmc.password.reveal(), "twenty bytes, no mor");
  const told = tell(await at("canary and 21 bytes !!"));
  t.is(told.length, 1);
  t.regex(told[0]!, /^nodes\/n1\.yaml:9:21 inventory-value: bmc\.password: must be at most 20 bytes long/);
  t.false(told[0]!.includes("canary"));
});

const role = z.strictObject({
  name: z.string().default("x"),
  password: secretText((text) => (text.length < 4 ? "must be at least 4 characters" : undefined)).describe("of root"),
  users: z.array(z.strictObject({ name: z.string(), hash: secretText().optional() })).default([]),
  any: z.union([z.string(), z.int()]).optional(),
  tokens: z.record(z.string(), secretText()).default({}),
  either: z.union([z.int(), secretText()]).optional(),
});
const hidden = new Secret("canary");

for (const [what, given, said] of [
  ["plain text", { password: "long" }, []],
  ["a secret", { password: hidden }, []],
  ["nothing", {}, ['the key "password" is missing']],
  ["a number", { password: 12345 }, ["password: must be text, not another kind of value"]],
  ["null", { password: null }, ["password: must be text, not another kind of value"]],
  ["a text that breaks its rule", { password: "abc" }, ["password: must be at least 4 characters"]],
  [
    "secrets within lists and tables",
    { password: hidden, users: [{ name: "a", hash: hidden }], tokens: { a: hidden } },
    [],
  ],
  ["a secret where a number may stand, too", { password: hidden, either: hidden }, []],
  ["a secret for plain text", { password: hidden, name: hidden }, ["name: can't be a !secret"]],
  ["a secret for one of several kinds", { password: hidden, any: hidden }, ["any: can't be a !secret"]],
  ["a secret within a list", { password: hidden, users: [{ name: hidden }] }, ["users[0].name: can't be a !secret"]],
  ["a secret for a list", { password: hidden, users: hidden }, ["users: can't be a !secret"]],
] as const) {
  test(`a role's secret parameter: ${what}`, (t) => {
    const told = schemaIssues(role, given).map((issue) => issue.what);
    t.is(told.length, said.length, told.join("\n"));
    for (const [index, piece] of said.entries()) t.true(told[index]?.includes(piece), told[index]);
    t.false(/canary|12345|abc/.test(told.join()));
  });
}

test("a secret parameter reaches the role as a secret, whichever way it was written", (t) => {
  for (const password of ["long", hidden]) {
    const parsed = role.parse({ password });
    t.true(parsed.password instanceof Secret);
    t.is(parsed.password.reveal(), typeof password === "string" ? password : "canary");
  }
});

test("parameters are shown without what would be secret, however it is written", (t) => {
  const given = { name: "a", password: "long", users: [{ name: "b", hash: "c" }], tokens: { d: hidden, e: "f" } };
  t.deepEqual(masked(role, given), {
    name: "a",
    password: "***",
    users: [{ name: "b", hash: "***" }],
    tokens: { d: "***", e: "***" },
  });
});

test("a recipient with a slip is found", async (t) => {
  t.true(await isRecipient(theirs.recipient));
  t.false(await isRecipient(theirs.recipient.replace(/.$/, (last) => (last === "q" ? "p" : "q"))));
});

test("our armor has lines of 64 columns", (t) => {
  t.is(`${armored(ageFileIn(capture)!).join("\n")}\n`, capture);
});
