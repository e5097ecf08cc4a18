import { atRestGate } from "./at-rest.ts";
import { backupsGate } from "./backups.ts";
import { bitmapGate } from "./bitmap.ts";
import { bmcGate } from "./bmc.ts";
import { checkedGate } from "./checked.ts";
import { clusterGate } from "./cluster.ts";
import type { Gate } from "./gate.ts";
import { guestsGate } from "./guests.ts";
import { hotSwapGate } from "./hot-swap.ts";
import { lastCopyGate } from "./last-copy.ts";
import { oneAtATimeGate } from "./one-at-a-time.ts";
import { outsideRaidGate } from "./outside-raid.ts";
import { redundancyGate } from "./redundancy.ts";
import { smartGate } from "./smart.ts";
import { startsAloneGate } from "./starts-alone.ts";
import { targetGate } from "./target.ts";
import { wrongDiskGate } from "./wrong-disk.ts";

/** In the order in which they are shown. */
export const gates: readonly Gate[] = [
  targetGate,
  wrongDiskGate,
  redundancyGate,
  atRestGate,
  smartGate,
  lastCopyGate,
  checkedGate,
  startsAloneGate,
  outsideRaidGate,
  backupsGate,
  clusterGate,
  guestsGate,
  oneAtATimeGate,
  hotSwapGate,
  bmcGate,
  bitmapGate,
];
