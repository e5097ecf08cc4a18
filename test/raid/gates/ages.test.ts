import test from "ava";
import { inWords } from "../../../src/raid/gates/ages.ts";

for (const [seconds, words] of [
  [0, "moments"],
  [59, "moments"],
  [60, "1 minute"],
  [119, "1 minute"],
  [3_600, "60 minutes"],
  [7_200, "2 hours"],
  [129_600, "36 hours"],
  [172_800, "2 days"],
  [3_110_400, "36 days"],
] as const) {
  test(`${seconds} seconds are ${words}`, (t) => t.is(inWords(seconds), words));
}
