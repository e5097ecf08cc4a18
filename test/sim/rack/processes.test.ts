import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { systemClock } from "../../../src/clock.ts";
import {
  endProcess,
  isAlive,
  type ProcessRecord,
  parseStat,
  recordedProcesses,
  recordProcess,
} from "../../../src/sim/rack/processes.ts";

const tail = "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20 21";

for (const [what, stat, startTicks] of [
  ["a plain name", `12 (node) S ${tail}`, 4711],
  ["a name with blanks and parentheses", `12 (a) b (c) S ${tail}`, 4711],
  ["one that has ended and waits for its parent", `12 (node) Z ${tail}`, undefined],
  ["a line cut short", "12 (node) S 1 2", undefined],
] as const) {
  test(`the start of a process from /proc: ${what}`, (t) => {
    // The state is field 3; field 22 is the 19th after it.
    t.is(parseStat(stat), startTicks);
  });
}

const folder = mkdtempSync(join(tmpdir(), "rack-"));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

test("only the process that was written down is ended, not the next one with its number", async (t) => {
  const child = spawn("sleep", ["60"]);
  try {
    recordProcess(folder, "sleeper", child.pid as number);
    const [record] = recordedProcesses(folder) as [ProcessRecord];
    t.true(isAlive(record));
    for (const other of [{ startTicks: record.startTicks - 1 }, { bootId: "another start of the host" }]) {
      t.false(isAlive({ ...record, ...other }));
      await endProcess({ ...record, ...other }, systemClock, 100);
      t.is(child.signalCode, null);
      t.true(isAlive(record));
    }
    await endProcess(record, systemClock, 2000);
    t.false(isAlive(record));
  } finally {
    child.kill("SIGKILL");
  }
});

test("who doesn't hear SIGTERM gets SIGKILL after the grace", async (t) => {
  const child = spawn("sh", ["-c", "trap '' TERM; echo deaf; while :; do sleep 1; done"]);
  await new Promise((resolve) => child.stdout.once("data", resolve));
  recordProcess(`${folder}/deaf`, "deaf", child.pid as number);
  const [record] = recordedProcesses(`${folder}/deaf`) as [ProcessRecord];
  const gone = new Promise((resolve) => child.once("exit", (_code, signal) => resolve(signal)));
  await endProcess(record, systemClock, 200);
  t.is(await gone, "SIGKILL");
});

test("a record cut short by a crash is passed over", (t) => {
  const runDir = `${folder}/torn`;
  recordProcess(runDir, "me", process.pid);
  const whole = readFileSync(`${runDir}/processes/me.json`, "utf8");
  writeFileSync(`${runDir}/processes/torn.json`, whole.slice(0, 20));
  t.deepEqual(
    recordedProcesses(runDir).map(({ what }) => what),
    ["me"],
  );
});
