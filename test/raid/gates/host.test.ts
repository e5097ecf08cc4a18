import type { Block, Pool } from "../../../src/disks.ts";
import { bmcGate } from "../../../src/raid/gates/bmc.ts";
import { hotSwapGate } from "../../../src/raid/gates/hot-swap.ts";
import { oneAtATimeGate } from "../../../src/raid/gates/one-at-a-time.ts";
import { outsideRaidGate } from "../../../src/raid/gates/outside-raid.ts";
import type { World } from "../../../src/raid/world.ts";
import { pullDisk, removeFromArrays, twoDisks, twoDisksUefi, withArray } from "../worlds.ts";
import { target, telling } from "./questions.ts";
import { mirror, tryGate } from "./table.ts";

/** Something else on sdb5, or on a block of one's choice. */
const put = (change: Partial<Block>, name = "sdb5"): World => {
  const world = twoDisks();
  const part = { name, type: "part", parents: ["sdb"], sizeBytes: 2 ** 34, mountPoints: [] };
  const disks = world.disks.map((disk) =>
    disk.serial === target
      ? { ...disk, partitions: [...disk.partitions, { name, number: 5, startBytes: 2 ** 40, sizeBytes: 2 ** 34 }] }
      : disk,
  );
  return { ...world, disks, blocks: [...world.blocks, { ...part, ...change }] };
};
const holding = (holder: Partial<Block>): World => {
  const world = put({});
  const block = { name: "x", type: "dm", parents: ["sdb5"], sizeBytes: 1, mountPoints: [], ...holder };
  return { ...world, blocks: [...world.blocks, block] };
};
const pool = (change: Partial<Pool>): Pool => ({
  kind: "zfs",
  name: "tank",
  level: "mirror",
  state: "ok",
  said: "ONLINE",
  redundancyLeft: 1,
  members: [],
  ...change,
});

tryGate(outsideRaidGate, [
  ["array members only", twoDisks(), ["pass sdb: array members only"]],
  ["gone", pullDisk(twoDisks(), target), [`pass ${target} isn't there any more`], { planned: twoDisks() }],
  [
    "removed from its arrays, superblocks and all",
    removeFromArrays(twoDisks(), target),
    ["pass sdb: array members only"],
    {
      planned: twoDisks(),
    },
  ],
  [
    "swap, and an ESP that is mounted",
    twoDisksUefi(),
    [
      "pass sda1 is an EFI system partition, mounted at /boot/efi: the mount moves to a survivor's",
      "pass sda4 is swap, on: step quiesce switches it off",
    ],
    { serial: "S3YANX0A0001" },
  ],
  ["swap that is off", put({ content: "swap" }), ["pass sdb5 is swap, off"]],
  [
    "a mounted filesystem",
    put({ content: "xfs", mountPoints: ["/scratch"] }),
    ["refuse sdb5 (xfs) is mounted at /scratch"],
  ],
  ...["LVM2_member", "crypto_LUKS", "zfs_member", "ceph_bluestore", "drbd", "bcache", "isw_raid_member"].map(
    (content) => [content, put({ content }), [`refuse sdb5 is ${content}`]] as const,
  ),
  [
    "a second disk of a mounted btrfs",
    {
      ...put({ content: "btrfs", uuid: "b" }),
      blocks: [
        ...put({ content: "btrfs", uuid: "b" }).blocks,
        ...put({ content: "btrfs", uuid: "b", mountPoints: ["/vol"] }, "sdc1").blocks.slice(-1),
      ],
    },
    ["refuse sdb5 is part of the btrfs at /vol"],
  ],
  [
    "a filesystem that isn't mounted",
    put({ content: "ext4", label: "old" }),
    [`confirm partition:${target}-5 sdb5 holds ext4 "old", not mounted; no array has a copy`],
  ],
  [
    "of an array that doesn't run",
    put({ content: "linux_raid_member", uuid: "1111" }),
    [`confirm partition:${target}-5 sdb5 is of an array that isn't running here (1111)`],
  ],
  ["something holds it", holding({}), ["refuse sdb5 is held by x (dm)"]],
  ["no signature", put({}), ["warn sdb5 of sdb has no signature: blank, or a raw disk of something"]],
  ["an MBR's extended partition", put({ partType: "0x5" }), ["pass sdb: array members only"]],
  [
    "a guest's raw disk",
    put({}),
    [
      "warn sdb5 of sdb has no signature: blank, or a raw disk of something",
      "refuse web7 uses /dev/sdb5 as it is: running, phy:/dev/sdb5,xvda",
    ],
    { probes: [telling("xen", { carried: [{ kind: "guest", name: "web7", detail: "running, phy:/dev/sdb5,xvda" }] })] },
  ],
  [
    "a guest on another disk whose name begins alike",
    twoDisks(),
    ["pass sdb: array members only"],
    { probes: [telling("xen", { carried: [{ kind: "guest", name: "web7", detail: "phy:/dev/sdbc" }] })] },
  ],
  [
    "a pool's member",
    { ...twoDisks(), pools: [pool({ members: [{ name: "1", serial: target, state: "ok", said: "ONLINE" }] })] },
    [`refuse ${target} is in zfs tank`],
  ],
]);

const elsewhere = (degraded: number): World => {
  const other = mirror().arrays.map((array) => ({ ...array, name: "md9", uuid: "9", members: [], degraded }));
  return { ...twoDisks(), arrays: [...twoDisks().arrays, ...other] };
};
const calm = ["pass no other degraded array, no other node in maintenance"];

tryGate(oneAtATimeGate, [
  ["nothing else", twoDisks(), calm],
  ["its own arrays are degraded: that is why it is swapped", withArray(twoDisks(), "md1", { degraded: 1 }), calm],
  ["another array is degraded", elsewhere(1), ["refuse md9: 1 of 2 are missing, and the target isn't in it"]],
  ["another array is whole", elsewhere(0), calm],
  [
    "another node of the group",
    twoDisks(),
    ["refuse db02 of the same group is being worked on"],
    { surroundings: { othersInMaintenance: ["db02"] } },
  ],
  [
    "a pool rebuilds",
    { ...twoDisks(), pools: [pool({ state: "rebuilding", said: "resilver in progress" })] },
    ["refuse zfs tank is rebuilding: resilver in progress"],
  ],
  [
    "a pool that the target is in, too: that is why it is swapped",
    {
      ...twoDisks(),
      pools: [pool({ state: "degraded", members: [{ name: "1", serial: target, state: "failed", said: "FAULTED" }] })],
    },
    calm,
  ],
  [
    "a pool that nobody understands",
    { ...twoDisks(), pools: [pool({ state: "unknown", said: "?" })] },
    ["warn zfs tank is unknown: ?"],
  ],
]);

tryGate(hotSwapGate, [
  ["hot, and made for it", mirror(), ["pass mode hot: its bays are hot-swap"]],
  [
    "hot, and nobody knows",
    mirror(),
    ["warn mode hot: nobody knows whether its bays are hot-swap"],
    { surroundings: { hotSwap: undefined } },
  ],
  [
    "hot, and not made for it",
    mirror(),
    ["refuse mode hot: its bays aren't hot-swap"],
    { surroundings: { hotSwap: false } },
  ],
  [
    "add-first needs it as well",
    mirror(),
    ["refuse mode add-first: its bays aren't hot-swap"],
    { mode: "add-first", surroundings: { hotSwap: false } },
  ],
  [
    "cold",
    mirror(),
    ["pass cold swap: the power is off meanwhile"],
    { mode: "cold", surroundings: { hotSwap: false } },
  ],
]);

const deaf = { surroundings: { bmc: { state: "unreachable", said: "no answer within 3000 ms" } } } as const;
const byHand = { surroundings: { bmc: { state: "manual" } } } as const;

tryGate(bmcGate, [
  ["answers", mirror(), ["pass the BMC answers: power on, SOL works"], { mode: "cold" }],
  ["cold, no answer", mirror(), ["refuse the BMC doesn't answer: no answer within 3000 ms"], { mode: "cold", ...deaf }],
  ["hot, no answer", mirror(), ["warn the BMC doesn't answer: no answer within 3000 ms"], deaf],
  [
    "cold, by hand",
    mirror(),
    ["confirm bmc there is no BMC: somebody switches the power by hand"],
    { mode: "cold", ...byHand },
  ],
  ["hot, by hand", mirror(), ["pass there is no BMC: somebody switches the power by hand"], byHand],
]);
