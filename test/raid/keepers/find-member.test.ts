import test from "ava";
import type { Pool } from "../../../src/disks.ts";
import { findPoolMember, otherPlaces } from "../../../src/raid/keepers/find-member.ts";
import type { World } from "../../../src/raid/world.ts";
import { makeHost } from "../world-builder.ts";
import { member, mirror } from "./pools.ts";

const zfs = mirror("zfs", "tank", [
  member("1700000000000000001", { serial: "WD0001AAAA", device: "/dev/disk/by-id/ata-X_WD0001AAAA" }),
  member("1700000000000000002", { serial: "WD0002BBBB" }),
]);
const first = mirror("megaraid", "/c0/v0", [
  member("/c0/e252/s0", { serial: "SG0003CCCC", slot: "252:0" }),
  member("/c0/e252/s1", { serial: "SG0004BBBB", slot: "252:1" }),
]);
const second: Pool = { ...first, name: "/c0/v1" };

const host = (pools: readonly Pool[], md = false): World =>
  makeHost(
    {
      disks: [
        { name: "sda", serial: "WD0001AAAA" },
        { name: "sdb", serial: "WD0002BBBB" },
      ],
      arrays: md ? [{ name: "md0", level: "raid1", disks: ["sda", "sdb"], partition: 0, memberBytes: 1 }] : [],
    },
    { pools },
  );

for (const [word, found] of [
  ["WD0001AAAA", "tank 1700000000000000001"],
  ["wd0001aaaa", "tank 1700000000000000001"],
  ["AAAA", "tank 1700000000000000001"],
  ["AAA", "none"],
  ["BBBB", "several"],
  ["2BBBB", "tank 1700000000000000002"],
  ["1700000000000000002", "tank 1700000000000000002"],
  ["/c0/e252/s1", "/c0/v0 /c0/e252/s1"],
  ["252:0", "/c0/v0 /c0/e252/s0"],
  ["CCCC", "/c0/v0 /c0/e252/s0"],
  ["sdb", "tank 1700000000000000002"],
  ["/dev/sdb", "tank 1700000000000000002"],
  ["sdc", "none"],
  [" ", "none"],
] as const) {
  test(`"${word}" is ${found}`, (t) => {
    const seen = findPoolMember(host([zfs, first, second]), word);
    t.is(typeof seen === "string" ? seen : `${seen.pool.name} ${seen.member.name}`, found);
  });
}

test("a disk that is in an array of md is md's, whatever else is on it", (t) => {
  t.is(findPoolMember(host([zfs], true), "WD0001AAAA"), "none");
});

test("volumes on the same drives are one disk's places; those of another one aren't", (t) => {
  const world = host([zfs, first, second]);
  const found = findPoolMember(world, "CCCC");
  t.deepEqual(typeof found === "string" ? [] : otherPlaces(world, found).map(({ pool }) => pool.name), ["/c0/v1"]);
  const alone = findPoolMember(world, "AAAA");
  t.deepEqual(typeof alone === "string" ? [1] : otherPlaces(world, alone), []);
});
