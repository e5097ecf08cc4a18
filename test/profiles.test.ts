import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import test from "ava";
import { renderFor, type renderKinds } from "../src/app/render.ts";
import { systemClock } from "../src/clock.ts";
import { createLog } from "../src/log.ts";

/** The examples in docs/profiles.md, as they stand there, through the real command. */
const run = promisify(execFile);
const root = join(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "profiles-"));
const inventory = join(folder, "inventory");
test.after.always(() => rmSync(folder, { recursive: true }));

const text = readFileSync(join(root, "docs/profiles.md"), "utf8");
const blocks = [...text.matchAll(/^```yaml\n# (\S+)\n(.*?)^```$/gms)].map(([, file = "", body = ""]) => ({
  file,
  body,
}));
const kept = readFileSync(join(root, "inventory/site.yaml"), "utf8").replace(/^packages:\n( .*\n)*/m, "");

mkdirSync(join(inventory, "profiles"), { recursive: true });
cpSync(join(root, "inventory/nodes"), join(inventory, "nodes"), { recursive: true });
for (const { file, body } of blocks) writeFileSync(join(inventory, file), file === "site.yaml" ? kept + body : body);
const node = readFileSync(join(inventory, "nodes/web01.yaml"), "utf8");

const provision = (...args: readonly string[]) =>
  run(join(root, "bin/provision"), ["--inventory", inventory, ...args], {
    env: { ...process.env, PROVISION_STATE_DIR: join(folder, "state") },
  });

/** The same without a process of its own, which takes a second to start. */
const around = {
  inventoryFolder: inventory,
  environment: { PROVISION_STATE_DIR: join(folder, "state") },
  isRoot: true,
  clock: systemClock,
  log: createLog(() => {}),
  say: () => {},
};

async function render(kind: (typeof renderKinds)[number]): Promise<string> {
  const answers = !["ipxe", "grub"].includes(kind);
  return answers
    ? (await provision("render", "web01", "--as", kind)).stdout
    : renderFor(around, { node: "web01", kind, reveal: false });
}

const cases: readonly (readonly [
  profile: string,
  kind: (typeof renderKinds)[number],
  first: RegExp,
  ...also: readonly RegExp[],
])[] = [
  [
    "debian12-preseed",
    "preseed",
    /^# Preseed of web01\.rack\.test: Debian 12\n/,
    /^d-i mirror\/http\/hostname string 10\.77\.0\.1:8077$/m,
    /lv_name\{ root \}/,
    /'ops:\*\*\*'/,
  ],
  ["debian12-preseed", "ipxe", /^#!ipxe\n/, / http:\/\/10\.77\.0\.1:8077\/installers\/debian-12\/linux .*\/answer /],
  ["rocky9", "kickstart", /^# Kickstart of web01/, /^%packages/m, /^@\^minimal-environment$/m, /password=.\*\*\*/],
  ["rocky9", "ipxe", /^#!ipxe\n/, /\/packages\/rocky\/9\/BaseOS\/x86_64\/os\/images\/pxeboot\/vmlinuz .* inst\.ks=/],
  ["rocky9", "grub", /^# Installs web01/, /\(http,10\.77\.0\.1:8077\)\/packages\/rocky/],
  ["ubuntu2404", "autoinstall", /^#cloud-config\n/, /"md-root"/, /"\*\*\*"/],
  ["ubuntu2404", "ipxe", /^#!ipxe\n/, / url=http:\/\/10\.77\.0\.1:8077\/installers\/ubuntu-2404\/live-server\.iso /],
];

test.serial("the examples are an inventory without mistakes", async (t) => {
  t.is(blocks.length, 5);
  t.regex(
    (await provision("inventory", "check")).stdout,
    /^good: .* profiles debian12-preseed, debian12, rocky9, ubuntu2404$/m,
  );
});

for (const [profile, kind, first, ...also] of cases) {
  test.serial(`the example ${profile} as ${kind}`, async (t) => {
    writeFileSync(join(inventory, "nodes/web01.yaml"), node.replace("profile: debian12", `profile: ${profile}`));
    const stdout = await render(kind);
    t.regex(stdout, first);
    for (const part of also) t.regex(stdout, part);
    t.notRegex(stdout, /\$6\$salt\$hash/);
  });
}
