import type { FirstTimes } from "./first-converge.ts";
import { type FleetRounds, ofRounds } from "./fleet-rounds.ts";
import { median } from "./measure.ts";
import type { Unchanged } from "./unchanged.ts";

export interface Results {
  readonly first: FirstTimes;
  readonly unchanged: Unchanged;
  readonly fleet: FleetRounds;
}

/** One thing that the engine is to reach, and what was measured of it. */
export interface Goal {
  readonly says: string;
  /** As it stands in the goal: `≤ 1.5 ×`. */
  readonly wanted: string;
  readonly measured: string;
  /** `undefined`: this run didn't measure it. */
  readonly met: boolean | undefined;
}

/** At most, or at least, so many of a unit. */
interface Bound {
  readonly most?: number;
  readonly least?: number;
  readonly unit: string;
}

/** The goals against the medians. */
export function goalsOf({ first, unchanged, fleet }: Results): readonly Goal[] {
  const ms = (one: keyof Unchanged) => median(unchanged[one].ms);
  const most = (count: number, unit: string): Bound => ({ most: count, unit });
  const least = (count: number, unit: string): Bound => ({ least: count, unit });
  const perHost = (key: "controllerCpuMs" | "bytes") => ofRounds(fleet, key) / fleet.hosts;
  const executions = Math.max(first.ourExecutions, ...unchanged.cold.sessions, ...unchanged.large.sessions);
  return [
    goal(
      "no change, cold connection, beside the hand-written script over ssh",
      ms("cold") / ms("script"),
      most(1.5, "×"),
    ),
    goal("… the whole process of `provision plan` beside it", ms("command") / ms("script"), most(1.5, "×")),
    goal("no change, beside Ansible: so many times faster", ms("ansible") / ms("cold"), least(100, "×")),
    goal("… the whole process of `provision plan`", ms("ansible") / ms("command"), least(100, "×")),
    goal("no change, beside puppet apply: so many times faster", ms("puppet") / ms("cold"), least(10, "×")),
    goal("… the whole process of `provision plan`", ms("puppet") / ms("command"), least(10, "×")),
    goal("remote executions, the most of all runs", executions, most(3, "")),
    goal("no change, 1,000 resources beside 100", ms("large") / ms("cold"), most(2, "×")),
    goal(`no change, ${fleet.hosts} hosts × 100 resources`, ofRounds(fleet, "ms") / 1000, most(3, "s")),
    goal(
      "for each of these hosts: processor time of the controller",
      perHost("controllerCpuMs") / 1000,
      most(0.05, "s"),
    ),
    goal("for each of these hosts: bytes on the wire", perHost("bytes") / 1e6, most(1, "MB")),
    goal("for each of these hosts: memory of the controller", fleet.bytesPerHost / 1e6, most(1, "MB")),
    goal(
      "first converge, beside Ansible: so many times faster",
      median(first.ansible) / median(first.ours),
      least(10, "×"),
    ),
  ];
}

function goal(says: string, value: number, { most, least, unit }: Bound): Goal {
  const wanted = `${most === undefined ? "≥" : "≤"} ${most ?? least} ${unit}`.trim();
  if (Number.isNaN(value)) return { says, wanted, measured: "not measured", met: undefined };
  const met = most === undefined ? value >= (least ?? 0) : value <= most;
  return { says, wanted, measured: `${rounded(value)} ${unit}`.trim(), met };
}

export const rounded = (value: number) =>
  value >= 20 || Number.isInteger(value) ? value.toFixed(0) : value >= 1 ? value.toFixed(1) : value.toPrecision(2);
