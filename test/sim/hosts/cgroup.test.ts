import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { systemClock } from "../../../src/clock.ts";
import { groupFolder, makeGroup, removeGroup } from "../../../src/sim/hosts/cgroup.ts";

test("a group goes with all processes in it and below, whatever they do against it", async (t) => {
  const folder = groupFolder(`provision-cgroup-test-${process.pid}`);
  const deep = join(folder, "host/payload");
  makeGroup(deep);
  const stubborn = 'echo $$ > "$0/cgroup.procs"; trap "" TERM HUP; sleep 600 & echo up; wait';
  const child = spawn("sh", ["-c", stubborn, deep], { stdio: ["ignore", "pipe", "ignore"] });
  await once(child.stdout, "data");
  t.is(readFileSync(join(deep, "cgroup.procs"), "utf8").trim().split("\n").length, 2);
  const ended = once(child, "exit");
  await removeGroup(folder, systemClock);
  t.deepEqual(await ended, [null, "SIGKILL"]);
  t.false(existsSync(folder));
});

test("a group that isn't there is gone", async (t) => {
  await t.notThrowsAsync(removeGroup(groupFolder(`provision-cgroup-none-${process.pid}`), systemClock));
});
