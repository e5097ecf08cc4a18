import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { environmentFor } from "../app/surroundings.ts";
import { load } from "../inventory/site-on-disk.ts";
import { run } from "./process.ts";

/** A site that has its identity, and how to call the command line for it. */
async function site(t: ExecutionContext) {
  const { folder } = load(t);
  const environment = environmentFor(t);
  const call = (words: string, options: Parameters<typeof run>[1] = {}) =>
    run(["--inventory", folder, ...words.split(" ")], { environment, ...options });
  const init = await call("secret init");
  const lines = init.stdout.slice(init.stdout.indexOf("secrets:"));
  const file = join(folder, "site.yaml");
  writeFileSync(file, `${readFileSync(file, "utf8")}${lines}`);
  return { folder, call, init, environment };
}

test("the lines that init prints are the ones that site.yaml needs; what encrypt prints is a value", async (t) => {
  const { folder, call, init } = await site(t);
  t.is(init.code, 0, init.stderr);
  t.regex(init.stdout, /^✔ made the identity .*identity\.age-key\n! Back it up/);
  const { stdout, code, stderr } = await call("secret encrypt", { input: "rack-secret\n" });
  t.is(code, 0, stderr);
  t.regex(stdout, /^!secret [A-Za-z0-9+/=]+\n$/);
  const file = join(folder, "nodes/n1.yaml");
  writeFileSync(file, readFileSync(file, "utf8").replace("canary-1", stdout.trimEnd()));
  const check = await call("inventory check");
  t.regex(check.stdout, /1 encrypted value, opened and checked/);
  const rekey = await call("secret rekey");
  t.regex(rekey.stdout, /^✔ 1 value is encrypted for 1 recipient\n {2}.*nodes\/n1\.yaml: 1\n$/, rekey.stderr);
  const again = await call("inventory check --json");
  t.like(JSON.parse(again.stdout), { secrets: { count: 1, opened: true, reasons: [] } });
  const without = await call("inventory check", { environment: environmentFor(t) });
  t.is(without.code, 0, without.stderr);
  t.regex(
    without.stdout,
    /checked for its form only\nerror\[identity-missing\]: .*n1\.yaml:9:21: A value is encrypted/,
  );
  const shown = await call("inventory show n1", { environment: environmentFor(t) });
  t.regex(shown.stdout, /password: '\*\*\*'/);
});

test("a secret that is typed is not shown, and can be corrected", async (t) => {
  const { folder, call, environment } = await site(t);
  const keys = "slip\u0015canarx\u007fy\r";
  const { stdout, code } = await call("secret encrypt", { terminal: true, typed: { after: /not shown/, keys } });
  t.is(code, 0, stdout);
  t.false(/canar|slip/.test(stdout), stdout);
  const value = /!secret \S+/.exec(stdout)?.[0] ?? "";
  const file = join(folder, "nodes/n1.yaml");
  writeFileSync(file, readFileSync(file, "utf8").replace("canary-1", value));
  const { openSite } = await import("../../src/app/site.ts");
  const { bmc } = (await openSite({ inventoryFolder: folder, environment })).inventory.nodes.get("n1") ?? {};
  t.is(bmc?.driver === "ipmi" && bmc.password.reveal(), "canary");
});

test("who presses Ctrl-C instead has encrypted nothing", async (t) => {
  const { call } = await site(t);
  const { stdout, code } = await call("secret encrypt", {
    terminal: true,
    typed: { after: /not shown/, keys: "canary\u0003" },
  });
  t.not(code, 0);
  t.regex(stdout, /error\[interrupted\].*Stopped by SIGINT/);
  t.false(/canary|!secret/.test(stdout), stdout);
});

test("nothing piped in is nothing encrypted", async (t) => {
  const { call } = await site(t);
  const { code, stderr } = await call("secret encrypt", { input: "\n" });
  t.is(code, 2);
  t.regex(stderr, /^error\[secret-empty\]/);
});

test("explain shows the chain with an arrow at what wins, and takes several settings", async (t) => {
  const { call } = await site(t);
  const roles = 'roles:\n  varnish: { backends: ["a:1"], port: 81 }\n';
  const { folder } = load(t);
  const file = join(folder, "nodes/n1.yaml");
  writeFileSync(file, `${readFileSync(file, "utf8")}${roles}`);
  const explain = (words: string) => call(`--inventory ${folder} explain ${words}`);
  const chain = await explain("n1 varnish.port --set varnish.port=82 --set varnish.graceSeconds=1");
  t.is(
    chain.stdout.replaceAll(`${folder}/`, ""),
    `varnish.port of n1 is 82
  Where clients are answered

   role's default  80       roles/varnish/role.ts
   site test       not set
   node n1         81       nodes/n1.yaml:16:39
→  command line    82       --set varnish.port
`,
    chain.stderr,
  );
  const all = await explain("n1 --set varnish.graceSeconds=1");
  t.regex(all.stdout, /varnish\.port +81 +node n1, .*\n/);
  t.regex(all.stdout, /varnish\.graceSeconds +1 +command line, --set varnish\.graceSeconds\n/);
  const json = await explain("n1 varnish.port --json");
  t.like(JSON.parse(json.stdout), {
    node: "n1",
    parameters: [{ role: "varnish", parameter: "port", winner: { value: 81 } }],
  });
});
