import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";

/**
 * The controller dies of SIGKILL before or after its Nth commit, and is started again; whatever N is, the machine is
 * powered on at most once and its disks are written at most once, and the operation ends with "done" or a reason.
 * All N (one and a half minutes): PROVISION_CRASH=all. Else a spread over the whole story.
 */
const script = join(import.meta.dirname, "crash-story.ts");
const all = process.env.PROVISION_CRASH === "all";

/** Around the power order, the hand-out of the script, its spending, and the machine's "done". */
const spread = [28, 30, 37, 39, 40, 49];

/** SIGKILL spares the page cache, so a file system in memory tells as much, and isn't slowed down by others' writes. */
const memory = "/dev/shm";

interface Life {
  readonly signal: string | null;
  readonly said: string;
}

function live(folder: string, ...more: string[]): Promise<Life> {
  const child = spawn(process.execPath, [script, folder, ...more], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.on("data", (bytes: Buffer) => {
    said += bytes.toString();
  });
  return new Promise((resolve) => child.on("close", (_code, signal) => resolve({ signal, said })));
}

async function killAt(t: ExecutionContext, at: number, when: "before" | "after"): Promise<boolean> {
  const folder = mkdtempSync(join(memory, "provision-crash-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const first = await live(folder, `${at}`, when);
  if (first.signal !== "SIGKILL") return false;
  const second = await live(folder);
  const [where, did] = [`killed ${when} commit ${at}`, readFileIf(join(folder, "world"))];
  t.true(did.filter((line) => line === "power-on").length <= 1, `${where}: ${did}`);
  t.true(did.filter((line) => line === "deploy").length <= 1, `${where}: ${did}`);
  t.deepEqual(
    did.filter((line) => line === "power-off" || line === "power-cycle"),
    [],
    where,
  );
  if (second.said === "") return t.fail(`${where}: the second life didn't come to an end`);
  const { state, code, armed, boot } = JSON.parse(second.said) as Record<string, string | undefined>;
  t.true(state === "done" || (state === "failed" && typeof code === "string"), `${where}: ${second.said}`);
  t.true(armed === "done" || armed === "cancelled" || armed === undefined, `${where}: left ${armed}`);
  t.is(boot, "none", where);
  t.log(`${where}: ${state} ${code ?? ""}`);
  return true;
}

const readFileIf = (file: string) => (existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean) : []);

test("kill -9 at any commit: never powered twice, never written twice, and it ends with a reason", async (t) => {
  t.timeout(600_000);
  const points = all ? Array.from({ length: 200 }, (_, index) => index + 1) : spread;
  let killed = 0;
  for (const at of points) {
    const both = await Promise.all([killAt(t, at, "before"), killAt(t, at, "after")]);
    if (!both.includes(true)) break;
    killed += both.filter(Boolean).length;
  }
  t.true(killed >= 2 * spread.length, `only ${killed} of the chosen commits came`);
});
