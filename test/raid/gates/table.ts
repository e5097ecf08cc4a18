import test from "ava";
import type { Gate, Judgement } from "../../../src/raid/gates/gate.ts";
import type { World } from "../../../src/raid/world.ts";
import { wholeDisks, withArray } from "../worlds.ts";
import { ask, type Circumstances, lines } from "./questions.ts";

/** What a gate says of the swap of sdb in this world. */
export type Row = readonly [title: string, world: World, said: readonly string[], circumstances?: Circumstances];

export function tryGate(gate: Gate, rows: readonly Row[]): void {
  for (const [title, world, said, circumstances] of rows) {
    test(`${gate.id}: ${title}`, (t) => {
      const judgements = gate.judge(ask(world, circumstances));
      t.deepEqual(lines(judgements), said);
      t.true(judgements.every(isComplete), "who is stopped is told the way on, and the word if there is one");
    });
  }
}

/** A mirror of whole disks, sda and sdb: one array only, so that a row is one line. */
export const mirror = (change: Parameters<typeof withArray>[2] = {}): World =>
  withArray(wholeDisks("raid1", 2), "md0", change);

const isComplete = ({ verdict, remedy, waiver }: Judgement) =>
  (verdict === "confirm") === (waiver !== undefined) && (remedy !== undefined || ["pass", "warn"].includes(verdict));
