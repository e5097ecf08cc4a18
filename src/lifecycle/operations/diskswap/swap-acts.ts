import { addMember } from "../../../raid/acts/add-member.ts";
import { backUpNow } from "../../../raid/acts/back-up-now.ts";
import { blink } from "../../../raid/acts/blink.ts";
import { detachDisk } from "../../../raid/acts/detach-disk.ts";
import { drain } from "../../../raid/acts/drain.ts";
import { failMember } from "../../../raid/acts/fail-member.ts";
import { installBoot } from "../../../raid/acts/install-boot.ts";
import { locate } from "../../../raid/acts/locate.ts";
import { makeEsp } from "../../../raid/acts/make-esp.ts";
import { makeSwap } from "../../../raid/acts/make-swap.ts";
import { moveEspMount } from "../../../raid/acts/move-esp-mount.ts";
import { partitionDisk } from "../../../raid/acts/partition-disk.ts";
import { powerOffNow } from "../../../raid/acts/power-off-now.ts";
import { queueCheck } from "../../../raid/acts/queue-check.ts";
import { reAddMember } from "../../../raid/acts/re-add-member.ts";
import { recordHost } from "../../../raid/acts/record-host.ts";
import { refreshBootConfig } from "../../../raid/acts/refresh-boot-config.ts";
import { removeGone } from "../../../raid/acts/remove-gone.ts";
import { removeMember } from "../../../raid/acts/remove-member.ts";
import { replaceMember } from "../../../raid/acts/replace-member.ts";
import { rescan } from "../../../raid/acts/rescan.ts";
import { swapOff } from "../../../raid/acts/swap-off.ts";
import { undrain } from "../../../raid/acts/undrain.ts";
import { vetDisk } from "../../../raid/acts/vet-disk.ts";
import { wipeDisk } from "../../../raid/acts/wipe-disk.ts";

/** Everything that a swap ever does to a host. */
export const realActs = {
  ...{ recordHost, backUpNow, drain, undrain, powerOffNow, rescan },
  ...{ failMember, removeMember, removeGone, reAddMember, addMember, replaceMember, queueCheck },
  ...{ locate, blink, detachDisk, vetDisk, wipeDisk, partitionDisk },
  ...{ installBoot, makeEsp, moveEspMount, makeSwap, swapOff, refreshBootConfig },
} as const;

export type SwapActs = typeof realActs;
