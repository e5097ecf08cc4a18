import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import test, { type ExecutionContext } from "ava";
import BetterSqlite3 from "better-sqlite3";
import type { ErrorRecord } from "../../src/errors.ts";
import type { OperationEvent } from "../../src/lifecycle/events.ts";
import { createSite, program, type StorySite } from "./site.ts";

/**
 * Debian's own installer, from Debian's package, on a powered-off machine: it boots from us, reads its preseed, once, and
 * runs what the preseed tells it to. Some of the packages that it would then need are not in every archive, so the
 * operation is cancelled there, by another process, and nothing may stay armed.
 */
const second = 1000;
const address = "10.77.0.11";
const folder = "/usr/lib/debian-installer/images/12/amd64/text/debian-installer/amd64";

/** Four times as long as the slower of two measured runs took from power-on. */
const deadlineMs = { "deploy-started": 424 * second, "answer-read": 596 * second };

const profile = `
os: { family: debian, release: "12", codename: bookworm }
method: preseed
installer: { kernel: /installers/debian-12/linux, initrd: /installers/debian-12/initrd.gz }
repositories:
  - { name: debian, suite: bookworm, components: [main] }
kernelArguments: [mitigations=off]
`;

function installerSite(): StorySite {
  const site = createSite("preseed");
  const inventory = join(site.folder, "inventory");
  rmSync(join(inventory, "nodes/web02.yaml"));
  writeFileSync(join(inventory, "profiles/debian12-preseed.yaml"), profile);
  site.edit("site.yaml", (text) => `${text}\ninstallers:\n  debian-12: ${folder}\n`);
  site.edit("nodes/web01.yaml", (text) => text.replace("profile: debian12", "profile: debian12-preseed"));
  return site;
}

type Milestone = Extract<OperationEvent, { kind: "milestone" }>;
type Line = OperationEvent | { readonly error: ErrorRecord };

interface Run {
  readonly lines: readonly Line[];
  /** Milliseconds of the operation at which the milestone came; fails when the program ends before, or at the deadline. */
  milestone(name: keyof typeof deadlineMs): Promise<number>;
  readonly ended: Promise<{ readonly exitCode: number | null; readonly stderr: string }>;
  interrupt(): void;
}

/** `provision --json node web01`, while it runs. */
function startInstall(site: StorySite): Run {
  const args = ["--inventory", join(site.folder, "inventory"), "--json", "node", "web01"];
  const child = spawn(program, args, { env: site.environment, stdio: ["ignore", "pipe", "pipe"] });
  const lines: Line[] = [];
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const output = createInterface(child.stdout).on("line", (line) => lines.push(JSON.parse(line) as Line));
  const ended = once(child, "close").then(([exitCode]) => ({ exitCode: exitCode as number | null, stderr }));
  const heard = () => once(output, "line");
  return {
    lines,
    ended,
    milestone: waitForMilestone({ lines, ended, heard }),
    interrupt: () => void child.kill("SIGINT"),
  };
}

const waitForMilestone = ({ lines, ended, heard }: Pick<Run, "lines" | "ended"> & { heard(): Promise<unknown> }) => {
  const find = (name: string) =>
    lines.find((line): line is Milestone => "kind" in line && line.kind === "milestone" && line.name === name);
  return async (name: keyof typeof deadlineMs): Promise<number> => {
    const deadline = AbortSignal.timeout(deadlineMs[name]);
    const late = once(deadline, "abort").then(() => `no milestone ${name} within ${deadlineMs[name]} ms`);
    const over = ended.then(({ stderr }) => `it ended before its milestone ${name}: ${stderr}`);
    for (;;) {
      const event = find(name);
      if (event) return event.elapsedMs;
      const why = await Promise.race([heard().then(() => undefined), over, late]);
      if (why !== undefined) throw new Error(why);
    }
  };
};

function rows(site: StorySite, sql: string): unknown[] {
  const database = new BetterSqlite3(join(site.folder, "state/preseed/provision.sqlite"), { readonly: true });
  try {
    return database.prepare(sql).all();
  } finally {
    database.close();
  }
}

/** As the kernel shows it on the machine's console. */
function answerUrl(site: StorySite, serialLog: string): string {
  const [, url = ""] = /preseed\/url=(http:\S+\/answer)/.exec(readFileSync(serialLog, "latin1")) ?? [];
  if (!url) throw new Error(`no preseed/url on the console of ${site.namespace}`);
  return url;
}

/** The status of a GET that comes from the machine's own address, as the installer's would. */
async function statusFromMachine(site: StorySite, url: string): Promise<string> {
  await site.inRack("ip", "address", "add", `${address}/32`, "dev", "lo");
  try {
    const curl = ["curl", "-sS", "-m", "20", "-o", "/dev/null", "-w", "%{http_code}"];
    return (await site.inRack(...curl, "--interface", address, url)).stdout;
  } finally {
    await site.inRack("ip", "address", "delete", `${address}/32`, "dev", "lo");
  }
}

/** The preseed, once and for this machine only; that it was given out is on the disk before the installer acts on it. */
async function readsOnce(t: ExecutionContext, site: StorySite, run: Run): Promise<void> {
  const fetched = await run.milestone("deploy-started");
  t.log(`${(fetched / second).toFixed(1).padStart(6)} s  GET answer`);
  const spent = "select state from boot_intents where consumed_at is not null";
  t.deepEqual(rows(site, spent), [{ state: "consumed" }]);
  const read = await run.milestone("answer-read");
  t.log(`${(read / second).toFixed(1).padStart(6)} s  preseed/early_command`);
  const { machines } = JSON.parse((await site.provision("--json", "lab", "status")).stdout) as {
    machines: readonly { serialLog: string }[];
  };
  const url = answerUrl(site, machines[0]?.serialLog ?? "");
  t.is(await statusFromMachine(site, url), "410", "the preseed a second time");
  t.is(
    (await site.inRack("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", url)).stdout,
    "404",
    "and from elsewhere",
  );
}

async function isCancelled(t: ExecutionContext, site: StorySite, run: Run): Promise<void> {
  const said = await site.provision("cancel", "web01");
  t.is(said.exitCode, 0, said.stderr);
  t.regex(said.stdout, /cancelled what ran on web01/);
  const { exitCode, stderr } = await run.ended;
  t.is(exitCode, 2, stderr);
  t.regex(stderr, /error\[operation-cancelled\]/);
  t.is((run.lines.at(-1) as { error?: ErrorRecord }).error?.code, "operation-cancelled");
  t.deepEqual(rows(site, "select state from boot_intents"), [{ state: "cancelled" }]);
  t.deepEqual(rows(site, "select kind, state from operations"), [{ kind: "install", state: "cancelled" }]);
  t.deepEqual(rows(site, "select phase from nodes"), [{ phase: "unknown" }]);
  const ipmi = ["ipmitool", "-I", "lanplus", "-C", "17", "-H", "127.0.77.11", "-U", "admin", "-P", "rack-secret"];
  t.regex(
    (await site.inRack(...ipmi, "chassis", "bootparam", "get", "5")).stdout,
    /Boot Device Selector : No override/,
  );
  t.notRegex((await site.inRack("ss", "-Hlntu")).stdout, /:(67|69|8077)\s/);
}

const processesOf = ({ folder: of }: StorySite) =>
  readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, "latin1").includes(of);
    } catch {
      return false; // it has just ended
    }
  });

async function leavesNothing(t: ExecutionContext, site: StorySite): Promise<void> {
  const down = await site.provision("lab", "down");
  t.is(down.exitCode, 0, down.stderr);
  t.not((await site.inRack("true")).exitCode, 0, "the namespace is still there");
  t.deepEqual(processesOf(site), [], "processes are left");
  for (const left of ["state/preseed", "run/preseed"]) t.false(existsSync(join(site.folder, left)), left);
}

test("Debian 12's own installer boots to the point of having read our preseed", async (t) => {
  const site = installerSite();
  let run: Run | undefined;
  try {
    const up = await site.provision("lab", "up");
    t.is(up.exitCode, 0, up.stderr);
    run = startInstall(site);
    await readsOnce(t, site, run);
    await isCancelled(t, site, run);
    const seen = run.lines.flatMap((line) => ("kind" in line && line.kind === "milestone" ? [line.name] : []));
    const way = ["dhcp-discover", "dhcp-ack", "boot-script", "kernel", "ramdisk", "deploy-started", "answer-read"];
    t.deepEqual(seen.slice(0, way.length), way);
  } catch (thrown) {
    t.log((await site.provision("lab", "console", "web01", "--lines", "40")).stdout);
    throw thrown;
  } finally {
    run?.interrupt();
    await run?.ended;
    await leavesNothing(t, site);
    site.remove();
  }
});
