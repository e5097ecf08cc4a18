import { execFile } from "node:child_process";
import {
  closeSync,
  cpSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import test, { type ExecutionContext } from "ava";
import BetterSqlite3 from "better-sqlite3";
import type { ErrorRecord } from "../../src/errors.ts";
import { copyProgram, createSite, jsonLines, program, type StorySite } from "./site.ts";

/**
 * What goes wrong in a rack, each told to the one who ran `provision node`: code, sentence, how far it came, what should
 * have come next, what to do. And after each of them nothing may be left half-armed. The tests build on each other.
 */
const run = promisify(execFile);
const inventoryFile = "nodes/web01.yaml";
const macOfWeb01 = "52:54:00:77:00:01";
let site: StorySite;
let imageFolder: string;

/** The end of an image is enough for what must fail before it is mounted, and is written in a tenth of the time. */
const imageMiB = 64;

test.before(async () => {
  site = createSite("failures", { ownCache: true });
  imageFolder = await copyImage(site);
  const up = await site.provision("lab", "up");
  if (up.exitCode !== 0) throw new Error(up.stderr);
});

test.after.always(async (t) => {
  const down = await site.provision("lab", "down");
  t.is(down.exitCode, 0, down.stderr);
  t.not((await site.inRack("true")).exitCode, 0, "the namespace is still there");
  site.remove();
});

/** The stories' image, cut short and with a manifest to match, in a cache that may be spoilt. Returns its folder. */
async function copyImage({ folder }: StorySite): Promise<string> {
  const { stdout } = await run(program, ["--json", "image", "build", "debian12"], { maxBuffer: 2 ** 25 });
  const built = jsonLines(stdout).at(-1) as unknown as { folder: string; digest: string };
  const copy = join(folder, "cache/images", built.digest);
  mkdirSync(copy, { recursive: true });
  for (const file of ["vmlinuz", "ramdisk.cpio", "root.img"]) cpSync(join(built.folder, file), join(copy, file));
  const root = join(copy, "root.img");
  truncateSync(root, imageMiB * 2 ** 20);
  const manifest = JSON.parse(readFileSync(join(built.folder, "manifest.json"), "utf8"));
  Object.assign(manifest.files["root.img"], { sizeBytes: imageMiB * 2 ** 20, blake2b256: await blake2b256(root) });
  // Of the two digests, a generic kernel's machine takes the one for which every host has a program.
  writeFileSync(join(copy, "manifest.json"), JSON.stringify({ ...manifest, kernel: "generic" }));
  return copy;
}

const blake2b256 = async (file: string) =>
  (await run("b2sum", ["--length", "256", file])).stdout.split(" ")[0] as string;

interface Expected {
  readonly code: string;
  readonly exitCode: 1 | 2;
  readonly last: string;
  readonly next: string;
  readonly says: RegExp;
  readonly hint: RegExp;
}

/** Runs `provision node web01`, which must fail as told, on both channels, and leave nothing half-armed. */
async function fails(t: ExecutionContext, expected: Expected, copy?: string): Promise<void> {
  const started = performance.now();
  const args = ["--json", "node", "web01"];
  const { exitCode, stdout, stderr } = await (copy ? site.provisionOf(copy, ...args) : site.provision(...args));
  t.log(`${((performance.now() - started) / 1000).toFixed(1)} s\n${stderr}`);
  t.is(exitCode, expected.exitCode, stderr);
  const { error } = jsonLines(stdout).at(-1) as unknown as { error: ErrorRecord };
  t.like(error, { code: expected.code, lastMilestone: expected.last, nextExpected: expected.next });
  t.regex(error.message, expected.says);
  t.regex(error.hint, expected.hint);
  for (const part of [`error[${expected.code}]: `, error.message, expected.last, expected.next, error.hint])
    t.true(stderr.includes(part), `standard error doesn't have: ${part}`);
}

/** In the records, in the BMC, on the network; and a machine that boots from the network now is sent to its own disk. */
async function leavesNothingArmed(t: ExecutionContext): Promise<void> {
  const database = new BetterSqlite3(join(site.folder, "state/failures/provision.sqlite"), { readonly: true });
  const rows = (sql: string) => database.prepare(sql).all();
  t.deepEqual(rows("select node, state from boot_intents where state not in ('done', 'cancelled', 'expired')"), []);
  t.deepEqual(rows("select node, kind from operations where state = 'running'"), []);
  t.deepEqual(rows("select name, phase from nodes where phase <> 'unknown'"), []);
  database.close();
  t.regex((await ipmi("chassis", "bootparam", "get", "5")).stdout, /Boot Device Selector : No override/);
  const listening = (await site.inRack("ss", "-Hlntu")).stdout;
  t.notRegex(listening, /:(67|69|8077)\s/);
  t.regex(await bootScript(), /go on to the local disk/);
}

const ipmi = (...args: readonly string[]) =>
  site.inRack(
    "ipmitool",
    "-I",
    "lanplus",
    "-C",
    "17",
    "-H",
    "127.0.77.11",
    "-U",
    "admin",
    "-P",
    "rack-secret",
    ...args,
  );

/** What a daemon of the same site tells iPXE on web01. */
async function bootScript(): Promise<string> {
  const stop = await site.serve();
  try {
    const url = `http://10.77.0.1:8077/boot/ipxe?mac=${macOfWeb01}`;
    return (await site.inRack("curl", "-sS", "-m", "20", url)).stdout;
  } finally {
    await stop();
  }
}

/** With a changed inventory, put back afterwards. */
async function withEdit(file: string, change: readonly [string, string], work: () => Promise<void>): Promise<void> {
  let before = "";
  site.edit(file, (text) => {
    before = text;
    if (!text.includes(change[0])) throw new Error(`${file} has no ${change[0]}`);
    return text.replace(...change);
  });
  try {
    await work();
  } finally {
    site.edit(file, () => before);
  }
}

const isOn = async () => /is on/.test((await ipmi("power", "status")).stdout);

test.serial("a wrong BMC password", async (t) => {
  await withEdit(inventoryFile, ["password: rack-secret", "password: wrong-secret"], () =>
    fails(t, {
      code: "bmc-password-refused",
      exitCode: 2,
      last: "rehearse",
      next: "bmc-reachable",
      says: /^BMC 127\.0\.77\.11 does not have this password for user "admin"$/,
      hint: /Correct bmc\.password of web01 .* provision bmc ping web01/,
    }),
  );
  await leavesNothingArmed(t);
  t.false(await isOn());
});

test.serial("a BMC that is silent, and before it: templates that want what isn't there", async (t) => {
  const { daemonPid } = JSON.parse((await site.provision("--json", "lab", "status")).stdout) as { daemonPid: number };
  process.kill(daemonPid, "SIGSTOP");
  try {
    const copy = copyProgram(join(site.folder, "program"));
    for (const template of ["roles/base/templates/motd.ejs", "templates/deploy/deploy.sh.ejs"]) {
      const whole = readFileSync(join(copy, template), "utf8");
      writeFileSync(join(copy, template), `${whole.replace("\n", "\n# <%- it.nmae %>\n")}`);
      const line = 2;
      await fails(
        t,
        {
          code: "template-undefined",
          exitCode: 2,
          last: "begun",
          next: "rehearse",
          says: new RegExp(`${template.split("/").at(-1)}:${line}: it\\.nmae is not defined \\(there are: .*`),
          hint: /correct its name/,
        },
        copy,
      );
      writeFileSync(join(copy, template), whole);
    }
    await fails(t, {
      code: "bmc-unreachable",
      exitCode: 1,
      last: "rehearse",
      next: "bmc-reachable",
      says: /^BMC 127\.0\.77\.11 did not answer within \d+ ms$/,
      hint: /UDP 623 of 127\.0\.77\.11 .* provision bmc ping web01/,
    });
  } finally {
    process.kill(daemonPid, "SIGCONT");
  }
  await leavesNothingArmed(t);
  t.false(await isOn());
});

test.serial("no DHCP request within the time that the site gives", async (t) => {
  await site.inRack("ip", "link", "set", "tap0", "down");
  await withEdit("site.yaml", ["controller:\n", "controller:\n  noDhcpSeconds: 8\n"], () =>
    fails(t, {
      code: "no-network-boot",
      exitCode: 1,
      last: "power-on",
      next: "dhcp-discover",
      says: new RegExp(`^web01 was powered on, but sent no DHCP request from ${macOfWeb01} within \\d+ s$`),
      hint: /console; compare the inventory's MAC .* cable/,
    }),
  );
  await leavesNothingArmed(t);
  t.true(await isOn(), "it stays on, so that its console can be looked at");
  await site.inRack("ip", "link", "set", "tap0", "up");
});

/** The machine is on, from the failure before: nothing was written, so it is simply tried again. */
test.serial("a disk's serial that the machine hasn't got, after trying again without --reinstall", async (t) => {
  await withEdit(inventoryFile, ["serial: WEB01-B", "serial: WEB01-Z"], () =>
    fails(t, {
      code: "disk-not-found",
      exitCode: 2,
      last: "deploy-started",
      next: "disks-found",
      // Which of them is sda, the kernel decides anew at each boot.
      says: /^web01: No disk matches \[serial WEB01-Z\]\. The machine has: (?=.*serial WEB01-A,)(?=.*serial WEB01-B,)/,
      hint: /Compare the serials .* inventory/,
    }),
  );
  await leavesNothingArmed(t);
});

test.serial("a wanted size that fits two disks", async (t) => {
  const profiles = join(site.folder, "inventory/profiles");
  const raid1 = readFileSync(join(profiles, "debian12.yaml"), "utf8");
  writeFileSync(join(profiles, "single.yaml"), raid1.replace("layout: raid1", "layout: single"));
  const alone: readonly [string, string] = ["  - serial: WEB01-A\n  - serial: WEB01-B\n", "  - minBytes: 1000000000\n"];
  await withEdit(inventoryFile, ["profile: debian12", "profile: single"], () =>
    withEdit(inventoryFile, alone, () =>
      fails(t, {
        code: "disk-ambiguous",
        exitCode: 2,
        last: "deploy-started",
        next: "disks-found",
        says: /^web01: Several disks match \[at least 1000000000 bytes\]: sda sdb\. The machine has: .*serial WEB01-/,
        hint: /serial or WWN/,
      }),
    ),
  );
  await leavesNothingArmed(t);
});

test.serial("an image of which one byte isn't what was built", async (t) => {
  const root = join(imageFolder, "root.img");
  const good = await blake2b256(root);
  const file = openSync(root, "r+");
  const byte = Buffer.alloc(1);
  const place = (imageMiB * 2 ** 20) / 2 + 4711;
  readSync(file, byte, 0, 1, place);
  writeSync(file, Buffer.from([byte.readUInt8() ^ 1]), 0, 1, place);
  closeSync(file);
  const bad = await blake2b256(root);
  await fails(t, {
    code: "image-digest-mismatch",
    exitCode: 1,
    last: "image-written",
    next: "image-verified",
    says: new RegExp(`^web01: What was written is not the image: its digest is ${bad} instead of ${good}$`),
    hint: /image build .* provision node web01 --reinstall/,
  });
  const console = (await site.provision("lab", "console", "web01", "--lines", "60")).stdout;
  for (const tried of ["try 1: its digest is", "try 2: its digest is"]) t.true(console.includes(tried), console);
  await leavesNothingArmed(t);
  t.true(await goesOff(), "there is nothing to boot, so it switches itself off");
});

async function goesOff(): Promise<boolean> {
  for (let tries = 0; tries < 30; tries++) {
    if (!(await isOn())) return true;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  return false;
}
