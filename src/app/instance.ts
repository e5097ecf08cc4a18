import { readFileSync } from "node:fs";
import type { Clock } from "../clock.ts";

const randomBytes = 8;

/** Names this process, differently at every start: pid, start time in ticks since boot (proc(5), stat field 22), chance. */
export function instanceName(clock: Clock): string {
  const chance = Buffer.from(clock.randomBytes(randomBytes)).toString("hex");
  return `${process.pid}.${startTicks(process.pid)}.${chance}`;
}

/** Is the process of that name on this machine known to be gone? Its pid may long be another's: the start time tells. */
export function isInstanceGone(instance: string): boolean {
  const [pid = "", ticks] = instance.split(".");
  return startTicks(Number(pid)) !== ticks;
}

/** The command's name stands in parentheses and may hold blanks: counting starts behind the last one. */
function startTicks(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}
