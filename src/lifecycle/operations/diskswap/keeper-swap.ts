import type { StepDefinition } from "../../step.ts";
import { backUp } from "./backup.ts";
import type { Swap } from "./hands.ts";
import { keeperIdentify } from "./keeper-identify.ts";
import { keeperJoin } from "./keeper-join.ts";
import { keeperLeave } from "./keeper-leave.ts";
import { keeperNew, keeperWipe } from "./keeper-new.ts";
import { keeperRebuild } from "./keeper-rebuild.ts";
import { keeperRecord } from "./keeper-record.ts";
import { keeperVerify } from "./keeper-verify.ts";

/**
 * The same for a disk whose redundancy ZFS, btrfs or a controller keeps: parameter `keeper`. What is done to it is the keeper's
 * (src/raid/keepers); always while the machine runs. As with md every step looks first, and whoever is killed goes on.
 */
export const keeperSteps = (swap: Swap): readonly StepDefinition[] => [
  keeperRecord(swap),
  { ...backUp(swap), name: "keeper-back-up" },
  keeperLeave(swap),
  keeperIdentify(swap),
  keeperNew(swap),
  keeperWipe(swap),
  keeperJoin(swap),
  keeperRebuild(swap),
  keeperVerify(swap),
];
