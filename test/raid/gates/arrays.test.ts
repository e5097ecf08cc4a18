import { atRestGate } from "../../../src/raid/gates/at-rest.ts";
import { bitmapGate } from "../../../src/raid/gates/bitmap.ts";
import { checkedGate } from "../../../src/raid/gates/checked.ts";
import type { World } from "../../../src/raid/world.ts";
import { raid5, removeFromArrays, serials, withArray } from "../worlds.ts";
import { daySeconds } from "./questions.ts";
import { mirror, type Row, tryGate } from "./table.ts";

const [sda, , sdc] = serials as [string, string, string];
const without = (world: World, ...gone: readonly string[]) => gone.reduce(removeFromArrays, world);

tryGate(atRestGate, [
  ["clean and idle", mirror(), ["pass md0: clean, idle"]],
  ...["check", "repair", "recover", "resync", "reshape", "frozen"].map(
    (syncAction): Row => [
      `${syncAction} runs`,
      mirror({ syncAction, syncCompleted: 0.256 }),
      [`refuse md0: sync_action is ${syncAction}, 25 %`],
    ],
  ),
  ["it waits for another one", mirror({ syncAction: "recover" }), ["refuse md0: sync_action is recover"]],
  ...["inactive", "broken", "clear", "suspended", "readonly"].map(
    (state): Row => [`array_state ${state}`, mirror({ state }), [`refuse md0: array_state is ${state}`]],
  ),
  ["a state that md(4) doesn't know", mirror({ state: "unknown" }), ["refuse md0: unknown: it doesn't run"]],
  ["read-auto", mirror({ state: "read-auto" }), ["warn md0: array_state is read-auto"]],
  [
    "read-auto that waits for a resync",
    mirror({ state: "read-auto", syncAction: "resync" }),
    ["refuse md0: sync_action is resync"],
  ],
  [
    "a RAID5 that lost two reads active",
    withArray(without(raid5(), sdc, sda), "md0", { state: "active" }),
    ["refuse md0: active: 2 of 3 are missing, raid5 doesn't bear that"],
  ],
  [
    "an array that the target isn't in recovers",
    { ...mirror(), arrays: [...mirror().arrays, ...others({ syncAction: "recover" })] },
    ["pass md0: clean, idle", "refuse md9: sync_action is recover"],
  ],
  [
    "somebody else's container is inactive by nature",
    { ...mirror(), arrays: [...mirror().arrays, ...others({ metadata: "external:imsm", state: "inactive" })] },
    ["pass md0: clean, idle", "pass md9: metadata external:imsm is the firmware's"],
  ],
  [
    "the target's own array is the firmware's",
    mirror({ metadata: "external:/md127/0" }),
    ["refuse md0: metadata external:/md127/0 is the firmware's"],
    { planned: mirror() },
  ],
]);

tryGate(checkedGate, [
  ["nine days ago", mirror(), ["pass md0: checked 9 days ago"]],
  ["on the 35th day", mirror({ checkedAgoSeconds: 35 * daySeconds }), ["pass md0: checked 35 days ago"]],
  ["later", mirror({ checkedAgoSeconds: 35 * daySeconds + 1 }), ["confirm check:md0 md0: checked 35 days ago"]],
  [
    "never, as far as known",
    mirror({ checkedAgoSeconds: undefined as never }),
    ["confirm check:md0 md0: no check is known of"],
  ],
  [
    "mismatches of a mirror",
    mirror({ mismatches: 128 }),
    ["pass md0: checked 9 days ago", "warn md0: mismatch_cnt is 128"],
  ],
  [
    "mismatches of a parity",
    withArray(raid5(), "md0", { mismatches: 8 }),
    ["pass md0: checked 9 days ago", "confirm check:md0 md0: mismatch_cnt is 8"],
  ],
  ["no second copy to compare with", mirror({ level: "raid0" }), ["pass there is nothing to check"]],
]);

tryGate(bitmapGate, [
  ["has one", mirror(), ["pass md0: has a bitmap"]],
  ["has none", mirror({ hasBitmap: false }), ["warn md0: has no bitmap: a disk that is put back is rebuilt whole"]],
  ["RAID0 can't have one", mirror({ level: "raid0", hasBitmap: false }), ["pass no array to put it back into"]],
]);

/** An array of disks that the tests' hosts don't have. */
function others(change: Partial<World["arrays"][number]>) {
  const members = ["sdx", "sdy"].map((device, slot) => ({
    device,
    serial: `SERIAL-${device}`,
    slot,
    states: ["in_sync"],
    errors: 0,
    badBlocks: [],
  }));
  return mirror(change).arrays.map((array) => ({ ...array, name: "md9", uuid: "9:9:9:9", members }));
}
