import test from "ava";
import type { Pool, PoolMember } from "../../../src/disks.ts";
import { mayLeave, partitionIn } from "../../../src/raid/keepers/keeper.ts";
import { keepers } from "../../../src/raid/keepers/list.ts";
import { member, mirror } from "./pools.ts";

type State = PoolMember["state"];
const of = (states: readonly State[], more: Partial<Pool> = {}) =>
  mirror(
    "zfs",
    "tank",
    states.map((state, at) => member(String(at), { state, said: state })),
    more,
  );

for (const [says, pool, may] of [
  ["one of two good copies", of(["ok", "ok"]), true],
  ["the last good copy", of(["ok", "missing"], { redundancyLeft: 0, state: "degraded" }), false],
  [
    "the last good copy, while the other is being filled",
    of(["ok", "rebuilding"], { redundancyLeft: 0, state: "rebuilding" }),
    false,
  ],
  ["what failed, beside the last good copy", of(["failed", "ok"], { redundancyLeft: 0, state: "degraded" }), true],
  ["what is gone, beside the last good copy", of(["missing", "ok"], { redundancyLeft: 0, state: "degraded" }), true],
  ["half a copy, beside a good one", of(["predicted", "ok"], { redundancyLeft: 0, state: "degraded" }), true],
  ["half a copy, beside another half", of(["predicted", "predicted"], { redundancyLeft: 0, state: "degraded" }), false],
  [
    "half a copy, when a part of all has one",
    of(["predicted", "ok"], { redundancyLeft: 0, state: "degraded", level: "single+raid1" }),
    false,
  ],
  ["one of a stripe", of(["ok", "ok"], { redundancyLeft: 0, level: "raid0" }), false],
  ["one of a stripe that is predicted to fail", of(["predicted", "ok"], { redundancyLeft: 0, level: "raid0" }), false],
  ["the only disk", of(["ok"], { redundancyLeft: 0, level: "disk" }), false],
  [
    "a spare of a pool without redundancy",
    of(["spare", "ok", "missing"], { redundancyLeft: 0, state: "degraded" }),
    true,
  ],
  ["anything of a pool that failed", of(["failed", "ok"], { redundancyLeft: 0, state: "failed" }), false],
  ["anything of a pool that nobody knows", of(["missing", "ok"], { redundancyLeft: 0, state: "unknown" }), false],
] as const) {
  test(`may it leave? ${says}: ${may ? "yes" : "no"}`, (t) => t.is(mayLeave(pool, pool.members[0] as PoolMember), may));
}

test("every keeper refuses to take the last good copy, in words", (t) => {
  for (const [kind, name, one, two] of [
    ["zfs", "tank", "1700000000000000001", "1700000000000000002"],
    ["btrfs", "/srv", "devid:1", "devid:2"],
    ["megaraid", "/c0/v0", "/c0/e252/s0", "/c0/e252/s1"],
    ["hpe", "slot=0 ld 1", "slot=0 pd 1I:1:1", "slot=0 pd 1I:1:2"],
  ] as const) {
    const members = [member(one, { serial: "S1" }), member(two, { state: "missing", said: "gone" })];
    const pool = mirror(kind, name, members, { redundancyLeft: 0, state: "degraded" });
    t.throws(() => keepers[kind].steps(pool, members[0] as PoolMember, []), {
      message: new RegExp(`can't spare it: ${two} is gone`),
    });
    t.is(keepers[kind].kind, kind);
    t.notThrows(() => keepers[kind].steps(pool, { ...members[1], slot: "252:1" } as PoolMember, []));
  }
});

for (const [device, partition] of [
  ["/dev/disk/by-id/ata-ST4000NM0035_ZC1A0001-part3", 3],
  ["/dev/disk/by-id/nvme-SAMSUNG_MZ_S1-part12", 12],
  ["/dev/disk/by-id/wwn-0x5000c500a0000001", 0],
  ["/dev/sda3", 3],
  ["/dev/sdaa11", 11],
  ["/dev/sda", 0],
  ["/dev/nvme0n1", 0],
  ["/dev/nvme0n1p2", 2],
  ["/dev/mapper/crypt3", 0],
  [undefined, 0],
] as const) {
  test(`the partition of ${device} is ${partition}`, (t) => t.is(partitionIn(device), partition));
}
