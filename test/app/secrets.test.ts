import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import test, { type ExecutionContext } from "ava";
import { z } from "zod";
import { examine } from "../../src/app/doctor.ts";
import { removeState } from "../../src/app/lab.ts";
import { encryptSecret, initSecrets, rekeySecrets } from "../../src/app/secrets.ts";
import { openSite, readSite, tryOpenSite } from "../../src/app/site.ts";
import type { Surroundings } from "../../src/app/surroundings.ts";
import { compileCatalogue } from "../../src/converge/catalogue.ts";
import { file } from "../../src/converge/resources/file.ts";
import { defineRole } from "../../src/converge/role.ts";
import { formatPlace, ProvisionError } from "../../src/errors.ts";
import { secretText } from "../../src/inventory/secret-text.ts";
import { Secret } from "../../src/secret.ts";
import { type Files, good, load } from "../inventory/site-on-disk.ts";
import { web01 } from "../roles/catalogue.ts";
import { surroundings } from "./surroundings.ts";

const write = (around: Surroundings, name: string, text: string) =>
  writeFileSync(join(around.inventoryFolder, name), text);
const read = (around: Surroundings, name: string) => readFileSync(join(around.inventoryFolder, name), "utf8");
const identityOf = (around: Surroundings) =>
  join(around.environment.PROVISION_STATE_DIR ?? "", "test/identity.age-key");
const value = (around: Surroundings, text: string) => encryptSecret(around, async () => new Secret(text));

/** A site with an identity of its own, whose recipient it names. */
async function prepared(t: ExecutionContext, files: Files = {}): Promise<Surroundings> {
  const around = surroundings(t, load(t, files).folder);
  const { recipients } = await initSecrets(around);
  write(around, "site.yaml", `${read(around, "site.yaml")}secrets:\n  recipients:\n    - ${recipients[0]}\n`);
  return around;
}

/** The password of a node's BMC as a secret. */
async function seal(around: Surroundings, node: string, text: string): Promise<void> {
  const name = `nodes/${node}.yaml`;
  write(
    around,
    name,
    read(around, name).replace(/password: .*/, `password: !secret ${await value(around, text)}  # of the BMC`),
  );
}

const passwordOf = ({ inventory }: { inventory: ReturnType<typeof readSite>["inventory"] }, name: string) => {
  const bmc = inventory.nodes.get(name)?.bmc;
  return bmc?.driver === "ipmi" ? bmc.password : undefined;
};

test("from nothing to a password that only the controller reads", async (t) => {
  const around = await prepared(t);
  await seal(around, "n1", "rack-secret");
  t.false(read(around, "nodes/n1.yaml").includes("rack-secret"));
  t.is(passwordOf(await openSite(around), "n1")?.reveal(), "rack-secret");
  t.throws(() => passwordOf(readSite(around.inventoryFolder), "n1")?.reveal(), { code: "secret-sealed" });
  t.is(passwordOf(await openSite(around), "n2")?.reveal(), "canary-2", "a plain one stays");
  t.deepEqual(await tryOpenSite(around).then(({ secrets, unopened }) => [secrets, unopened]), [1, []]);
});

test("the identity is made once, for its owner alone, and age reads what it opens", async (t) => {
  const around = await prepared(t);
  const file = identityOf(around);
  const before = readFileSync(file, "utf8");
  t.is(statSync(file).mode & 0o777, 0o600);
  const again = await initSecrets(around);
  t.like(again, { made: false, missing: [], hasRecipients: true, file });
  t.is(readFileSync(file, "utf8"), before);
  const input = Buffer.from(await value(around, "für age"), "base64");
  t.is(execFileSync("age", ["--decrypt", "--identity", file], { input, encoding: "utf8" }), "für age");
});

test("an identity that stands elsewhere is used, and one of several keys is enough", async (t) => {
  const around = await prepared(t);
  await seal(around, "n1", "x");
  const file = join(around.environment.PROVISION_STATE_DIR ?? "", "elsewhere");
  const other = surroundings(t, around.inventoryFolder);
  await initSecrets(other);
  writeFileSync(
    file,
    `# mine\n\n${readFileSync(identityOf(other), "utf8")}${readFileSync(identityOf(around), "utf8")}`,
    { mode: 0o600 },
  );
  const elsewhere = { ...other, environment: { ...other.environment, PROVISION_AGE_IDENTITY: file } };
  t.is(passwordOf(await openSite(elsewhere), "n1")?.reveal(), "x");
});

const spoilt: readonly (readonly [what: string, code: string, spoil: (file: string) => void, isPlaced: boolean])[] = [
  ["isn't there", "identity-missing", () => {}, true],
  ["can be read by others", "identity-exposed", (file) => chmodSync(file, 0o640), false],
  ["holds no key", "identity-invalid", (file) => writeFileSync(file, "# nothing\n"), false],
  ["holds something else", "identity-invalid", (file) => writeFileSync(file, "AGE-SECRET-KEY-1CANARY\n"), false],
  ["is a folder", "identity-unreadable", (file) => mkdirSync(`${file}.d`, { mode: 0o700 }), false],
  [
    "is another's",
    "secret-not-for-us",
    (file) =>
      writeFileSync(file, execFileSync("age-keygen", { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] })),
    true,
  ],
];

for (const [what, code, spoil, isPlaced] of spoilt) {
  test(`an identity that ${what}: ${code}`, async (t) => {
    const around = await prepared(t);
    await seal(around, "n1", "canary");
    const file = identityOf(around);
    spoil(file);
    const named = { "isn't there": `${file}.gone`, "is a folder": `${file}.d` }[what] ?? file;
    const environment = { ...around.environment, PROVISION_AGE_IDENTITY: named };
    const thrown = await t.throwsAsync(openSite({ ...around, environment }));
    const error = thrown instanceof AggregateError ? thrown.errors[0] : thrown;
    t.true(error instanceof ProvisionError);
    t.is(error.code, code);
    t.false(JSON.stringify(error).includes("CANARY"));
    if (isPlaced) t.regex(formatPlace(error.place), /nodes\/n1\.yaml:9:21$/);
  });
}

test("several secrets that can't be opened are all told", async (t) => {
  const around = await prepared(t);
  await seal(around, "n1", "a");
  await seal(around, "n2", "b");
  const other = surroundings(t, around.inventoryFolder);
  await initSecrets(other);
  const thrown = await t.throwsAsync(openSite(other), { instanceOf: AggregateError });
  t.deepEqual(
    thrown?.errors.map(({ code }: ProvisionError) => code),
    ["secret-not-for-us", "secret-not-for-us"],
  );
});

test("rekeying lets a second controller in and keeps every other byte", async (t) => {
  const around = await prepared(t);
  await seal(around, "n1", "one");
  await seal(around, "n2", "two");
  chmodSync(join(around.inventoryFolder, "nodes/n1.yaml"), 0o640);
  const second = surroundings(t, around.inventoryFolder);
  const { missing, hasRecipients } = await initSecrets(second);
  t.true(hasRecipients);
  write(around, "site.yaml", `${read(around, "site.yaml")}    - ${missing[0]}  # the second\n`);
  const before = readdirSync(around.inventoryFolder, { recursive: true, encoding: "utf8" }).sort();
  const shape = () => read(around, "nodes/n1.yaml").replace(/!secret \S+/, "!secret …");
  const was = shape();
  const { files, recipients } = await rekeySecrets(around);
  t.deepEqual([files.map(({ secrets }) => secrets), recipients.length], [[1, 1], 2]);
  for (const one of [around, second]) {
    const site = await openSite(one);
    t.deepEqual([passwordOf(site, "n1")?.reveal(), passwordOf(site, "n2")?.reveal()], ["one", "two"]);
  }
  t.is(shape(), was);
  t.is(statSync(join(around.inventoryFolder, "nodes/n1.yaml")).mode & 0o777, 0o640);
  t.deepEqual(readdirSync(around.inventoryFolder, { recursive: true, encoding: "utf8" }).sort(), before, "no leavings");
});

test("rekeying writes nothing when one secret can't be opened", async (t) => {
  const around = await prepared(t);
  await seal(around, "n1", "one");
  const second = surroundings(t, around.inventoryFolder);
  const { recipients } = await initSecrets(second);
  const site = read(around, "site.yaml");
  write(around, "site.yaml", site.replace(/age1\w+/, recipients[0] ?? ""));
  await seal(around, "n2", "two");
  write(around, "site.yaml", `${site}    - ${recipients[0]}\n`);
  const before = [read(around, "nodes/n1.yaml"), read(around, "nodes/n2.yaml")];
  const thrown = await t.throwsAsync(rekeySecrets(around), { instanceOf: AggregateError });
  t.regex(formatPlace(thrown?.errors[0].place), /nodes\/n2\.yaml:9:21$/);
  t.deepEqual([read(around, "nodes/n1.yaml"), read(around, "nodes/n2.yaml")], before);
});

test("a role's secret goes from the file to the host's file, and is seen nowhere between", async (t) => {
  const role = defineRole({
    name: "secretive",
    parameters: z.strictObject({ password: secretText() }),
    resources: ({ parameters, template }) => [file("/etc/secretive", { content: template("conf", parameters) })],
  });
  const requests = [{ role: "secretive", parameters: { password: new Secret("canary") } }];
  const loadTemplate = () => "password=<%- it.password %>\n";
  const { items, ...rest } = compileCatalogue({ node: web01, requests, roles: [role], loadTemplate });
  const { content } = items[0]?.desired as { content: Secret };
  t.is(content.reveal(), "password=canary\n");
  t.false(JSON.stringify([items, rest]).includes("canary"));
  t.false(inspect([items, rest], { depth: 9 }).includes("canary"));
});

test("nobody rekeys themselves out", async (t) => {
  const around = await prepared(t);
  await seal(around, "n1", "one");
  const { recipients } = await initSecrets(surroundings(t, around.inventoryFolder));
  write(around, "site.yaml", read(around, "site.yaml").replace(/age1\w+/, recipients[0] ?? ""));
  const before = read(around, "nodes/n1.yaml");
  const error = await t.throwsAsync(rekeySecrets(around), { code: "recipients-without-us" });
  t.regex(formatPlace((error as ProvisionError).place!), /site\.yaml:11:5$/);
  t.is(read(around, "nodes/n1.yaml"), before);
});

test("nobody is asked for a secret that can't be encrypted", async (t) => {
  const around = surroundings(t, load(t).folder);
  const ask = async () => t.fail("asked") as unknown as undefined;
  await t.throwsAsync(encryptSecret(around, ask), { code: "recipients-missing" });
  write(around, "site.yaml", `${good["site.yaml"]}secrets: { recipients: [age1${"q".repeat(58)}] }\n`);
  await t.throwsAsync(encryptSecret(around, ask), { code: "recipient-invalid" });
  await t.throwsAsync(
    encryptSecret(await prepared(t), async () => undefined),
    { code: "secret-empty" },
  );
});

test("doctor warns of plain BMC passwords on real machines, and says which secrets stay closed", async (t) => {
  const around = await prepared(t, { "nodes/n2.yaml": `${good["nodes/n2.yaml"]}virtual: {}\n` });
  const secretsOf = async (one: Surroundings) => (await examine(one)).filter(({ check }) => check === "secrets");
  // Nobody answers at the BMCs' addresses; what is asked here doesn't wait for them.
  const manual = read(around, "nodes/n1.yaml").replace(/address: 198.*/, "address: 127.0.0.9");
  write(around, "nodes/n1.yaml", manual);
  write(around, "nodes/n2.yaml", read(around, "nodes/n2.yaml").replace(/address: 198.*/, "address: 127.0.0.8"));
  const [finding, ...more] = await secretsOf(around);
  t.deepEqual(more, []);
  t.like(finding, { verdict: "warning", evidence: "BMC passwords stand in plain text in the files of n1" });
  await seal(around, "n1", "x");
  t.deepEqual(await secretsOf(around), []);
  const other = surroundings(t, around.inventoryFolder);
  await initSecrets(other);
  t.like((await secretsOf(other))[0], { verdict: "bad" });
});

test("removing a rack's state leaves the identity", async (t) => {
  const around = await prepared(t);
  const state = join(around.environment.PROVISION_STATE_DIR ?? "", "test");
  mkdirSync(join(state, "rack"));
  writeFileSync(join(state, "provision.sqlite"), "");
  removeState({ state });
  t.deepEqual(readdirSync(state), ["identity.age-key"]);
  const bare = join(state, "..", "other");
  mkdirSync(join(bare, "rack"), { recursive: true });
  removeState({ state: bare });
  t.false(existsSync(bare));
  removeState({ state: bare });
});
