import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import test from "ava";
import { act } from "../../../src/raid/acts/act.ts";

/** As a host's shell is given it. */
async function perform(script: string, shell: readonly string[]): Promise<string> {
  const [program = "", ...rest] = shell;
  const child = spawn(program, [...rest, "-s"], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(script);
  return (await text(child.stdout)).trim();
}

for (const shell of [["dash"], ["busybox", "sh"]]) {
  test(`${shell.join(" ")}: an act waits for the one before, whoever sent it`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "in-turn-"));
    t.teardown(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, "log");
    const body = `echo begins >> ${file}; sleep 1; echo ends >> ${file}`;
    const { script } = act({ name: "trying", limitMs: 60_000, body });
    await Promise.all([perform(script, shell), perform(script, shell)]);
    t.deepEqual(readFileSync(file, "utf8").trim().split("\n"), ["begins", "ends", "begins", "ends"]);
  });

  test(`${shell.join(" ")}: what an act leaves running holds nobody up`, async (t) => {
    const leaving = act({ name: "leaving", limitMs: 60_000, body: "sleep 90 >/dev/null 2>&1 & say $!" });
    const left = Number(await perform(leaving.script, shell));
    t.teardown(() => process.kill(left));
    // Less than it sleeps, and enough for a machine that has much else to do.
    const next = act({ name: "next", limitMs: 45_000, body: "say done" });
    t.is(await perform(next.script, shell), "done");
  });
}
