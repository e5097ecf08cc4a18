import test from "ava";
import type { Gate } from "../../../src/raid/gates/gate.ts";
import type { World } from "../../../src/raid/world.ts";
import { wholeDisks, withArray } from "../worlds.ts";
import { ask, type Circumstances, lines } from "./questions.ts";

/** What a gate says of the swap of sdb in this world. */
export type Row = readonly [title: string, world: World, said: readonly string[], circumstances?: Circumstances];

export function tryGate(gate: Gate, rows: readonly Row[]): void {
  for (const [title, world, said, circumstances] of rows) {
    test(`${gate.id}: ${title}`, (t) => t.deepEqual(lines(gate.judge(ask(world, circumstances))), said));
  }
}

/** A mirror of whole disks, sda and sdb: one array only, so that a row is one line. */
export const mirror = (change: Parameters<typeof withArray>[2] = {}): World =>
  withArray(wholeDisks("raid1", 2), "md0", change);
