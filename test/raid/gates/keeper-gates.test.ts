import test from "ava";
import type { Block, Pool } from "../../../src/disks.ts";
import { judgeSwap } from "../../../src/raid/gates/judge-swap.ts";
import { keeperGates } from "../../../src/raid/gates/keeper-gates.ts";
import { findPoolMember } from "../../../src/raid/keepers/find-member.ts";
import { planKeeperSwap } from "../../../src/raid/keepers/keeper-plan.ts";
import type { World } from "../../../src/raid/world.ts";
import { member, mirror } from "../keepers/pools.ts";
import { makeHost } from "../world-builder.ts";
import { lines } from "./questions.ts";

const [one, two] = ["WD0001AAAA", "WD0002BBBB"];
const numbers = ["1700000000000000001", "1700000000000000002", "1700000000000000003"] as const;
const members = [member(numbers[0], { serial: one }), member(numbers[1], { serial: two })];
const tank = (more: Partial<Pool> = {}) => mirror("zfs", "tank", members, more);
const on = (name: string, more: Partial<Block>): Block => ({
  ...{ name, type: "part", parents: ["sdb"], sizeBytes: 1e9, mountPoints: [] },
  ...more,
});

function host(pools: readonly Pool[], blocks: readonly Block[] = []): World {
  const partitions = [{ kind: "linux", sizeBytes: 1e9 } as const];
  const made = makeHost(
    {
      disks: [
        { name: "sda", serial: one, partitions },
        { name: "sdb", serial: two, partitions },
      ],
      arrays: [],
    },
    { pools },
  );
  return { ...made, blocks };
}

/** What isn't passed, by gate. */
function against(world: World): readonly string[] {
  const found = findPoolMember(world, two);
  if (typeof found === "string") throw new Error(found);
  const plan = planKeeperSwap(world, found);
  const bmc = { state: "ok" } as const;
  const surroundings = { othersInMaintenance: [], bmc, hotSwap: true, acceptsDataLoss: false };
  const probes = [{ probe: "xen", label: "Xen guests", state: "absent" } as const];
  const { findings } = judgeSwap({ world, plan, probes, surroundings }, [], keeperGates(found));
  return findings
    .filter(({ verdict }) => verdict !== "pass")
    .map((finding) => `${finding.gate} ${lines([finding as never])[0]}`);
}

for (const [says, world, expected] of [
  ["all is well", host([tank()]), []],
  [
    "another disk of it is missing, and this one is well",
    host([
      tank({
        level: "raidz1",
        state: "degraded",
        redundancyLeft: 0,
        members: [...members, member(numbers[2], { state: "missing", said: "UNAVAIL" })],
      }),
    ]),
    [
      `K1 refuse ${two} is well, but 1700000000000000003 is UNAVAIL`,
      `K1 refuse tank (zfs raidz1): no plan can be made for replacing ${two}: tank (raidz1) can't spare it: 1700000000000000003 is UNAVAIL`,
    ],
  ],
  [
    "it is being rebuilt",
    host([tank({ state: "rebuilding", said: "resilvering" })]),
    ["K1 refuse tank (zfs mirror) is being rebuilt: resilvering"],
  ],
  [
    "the survivor had errors",
    host([tank({ members: [{ ...members[0]!, checksumErrors: 3 }, members[1]!] })]),
    [`K3 confirm member:${one} ${one}: ONLINE, 3 errors`],
  ],
  [
    "another pool has a part of it",
    host([tank(), { ...tank(), name: "rpool" }]),
    [`K2 refuse ${two} is in zfs rpool, too`],
  ],
  [
    "something of it is mounted",
    host([tank()], [on("sdb1", { content: "vfat", mountPoints: ["/boot/efi"] })]),
    ["K2 refuse sdb1 (vfat) is mounted at /boot/efi"],
  ],
  [
    "swap is on",
    host([tank()], [on("sdb1", { content: "swap", mountPoints: ["[SWAP]"] })]),
    ["K2 refuse sdb1 is swap, and it is on"],
  ],
  [
    "it is encrypted",
    host([tank()], [on("sdb1", { content: "crypto_LUKS" })]),
    ["K2 refuse sdb1 is LUKS: the new disk would be in clear"],
  ],
  [
    "something forgotten is on it",
    host([tank()], [on("sdb1", { content: "ext4" })]),
    ["K2 confirm partition:sdb1 sdb1 holds ext4; the new disk won't have it"],
  ],
  [
    "another pool is degraded",
    host([tank(), mirror("zfs", "other", [member("1", { serial: "X" })], { state: "degraded", said: "DEGRADED" })]),
    ["G13 refuse zfs other is degraded: DEGRADED"],
  ],
] as const) {
  test(`of a ZFS disk: ${says}`, (t) => t.deepEqual(against(world), [...expected]));
}
