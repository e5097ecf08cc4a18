import test from "ava";
import { describeTarget, resolveTarget } from "../../src/raid/target.ts";
import type { World } from "../../src/raid/world.ts";
import { insertDisk, pullDisk, raid6, serials, twoDisks, twoNvme } from "./worlds.ts";

const [A, B] = serials as [string, string];
const host = twoDisks();
const without = pullDisk(host, B);
const wwnOf = (world: World, serial: string) => world.disks.find((disk) => disk.serial === serial)?.wwn as string;
const nameless = insertDisk(host, { name: "sdc" });
const twins = insertDisk(host, { name: "sdc", serial: A });
const alike = insertDisk(host, { name: "sdc", serial: "OTHER0002" });
const shelf: World = { ...host, bays: host.bays.map((bay, at) => ({ ...bay, slot: "3", enclosure: `e${at}` })) };
const slotLikeSerial: World = {
  ...host,
  bays: host.bays.map((bay) => (bay.serial === A ? { ...bay, slot: "0002" } : bay)),
};

for (const [what, world, word, expected, remembered] of [
  ["a serial", host, B, B],
  ["a serial, as one types it", host, " s3yanx0b0002 ", B],
  ["the last four of a serial", host, "0002", B],
  ["the last five", host, "B0002", B],
  ["the last three are too few", host, "002", "none"],
  ["a WWN", host, wwnOf(host, B), B],
  ["a WWN without 0x", host, wwnOf(host, B).slice(2), B],
  ["a WWN as naa", host, `naa.${wwnOf(host, B).slice(2)}`, B],
  ["udev's name by WWN", host, `/dev/disk/by-id/wwn-${wwnOf(host, B)}`, B],
  ["udev's name by serial", host, `/dev/disk/by-id/ata-ST1000NX0313_${B}`, B],
  ["NVMe's second name", twoNvme(), `/dev/disk/by-id/nvme-SAMSUNG_MZQL2960HCJR_${B}_1`, B],
  ["a name of this moment", host, "sdb", B],
  ["with its path", host, "/dev/sdb", B],
  ["an NVMe namespace", twoNvme(), "/dev/nvme1n1", B],
  ["a partition is no disk", host, "/dev/sdb3", "none"],
  ["an array is no disk", host, "/dev/md0", "none"],
  ["a slot", host, "1", B],
  ["a slot with its enclosure", host, "0:0:32:0/1", B],
  ["a slot of two enclosures", shelf, "3", "several"],
  ["one of them", shelf, "e1/3", B],
  ["an empty slot", without, "1", "none"],
  ["nothing", host, "", "none"],
  ["nothing, and a disk says nothing for its serial", insertDisk(host, { name: "sdc", serial: "" }), " ", "none"],
  ["a word that fits nothing", host, "ZZZZ", "none"],
  ["an end that fits two serials", alike, "0002", "several"],
  ["the end of one is the slot of another", slotLikeSerial, "0002", "several"],
  ["two disks with the same serial", twins, A, "several"],
  ["one of the twins by name", twins, "sdc", "several"],
  ["a disk without a serial", nameless, "sdc", "no-serial"],
  ["a disk that is gone, nothing remembered", without, B, "none"],
  ["a disk that is here, and on record", twoDisks(), B, B, host],
  ["its end, and it is on record", twoDisks(), "0002", B, host],
  ["a disk that is gone, by its serial", without, B, B, host],
  ["a disk that is gone, by its serial's end", without, "0002", B, host],
  ["a disk that is gone, by its WWN", without, wwnOf(host, B), B, host],
  ["a disk that is gone isn't called by its old name", without, "sdb", "none", host],
  [
    "one that is gone and one that is here end alike",
    insertDisk(without, { name: "sdc", serial: "OTHER0002" }),
    "0002",
    "several",
    host,
  ],
] as const satisfies readonly (readonly [string, World, string, string, World?])[]) {
  test(`which disk is meant: ${what}`, (t) => {
    const found = resolveTarget(world, word, remembered);
    t.is(found.kind === "disk" ? found.serial : found.kind, expected);
    if (found.kind === "disk")
      t.is(
        found.isHere,
        world.disks.some((disk) => disk.serial === found.serial),
      );
  });
}

test("candidates are told so that one can choose", (t) => {
  const found = resolveTarget(alike, "0002");
  t.deepEqual(found.kind === "several" && found.candidates, ["S3YANX0B0002 (sdb, slot 1)", "OTHER0002 (sdc)"]);
});

const neighbours = (world: World, serial: string) => {
  const disk = world.disks.find((one) => one.serial === serial);
  return disk
    ? describeTarget(world, { ...disk, serial }).neighbours.map((one) => `${one.slot ?? "?"}=${one.serial}`)
    : [];
};

test("the slots beside it in another enclosure are no neighbours", (t) => {
  const bays = raid6().bays.map((bay) => (bay.serial === A ? { ...bay, enclosure: "1:0:32:0" } : bay));
  t.deepEqual(neighbours({ ...raid6(), bays }, B), [`2=${serials[2]}`]);
});

test("a neighbour is who is in the slots beside it; where bays aren't known, everybody else", (t) => {
  t.deepEqual(neighbours(raid6(), B), [`0=${A}`, `2=${serials[2]}`]);
  t.deepEqual(neighbours(raid6(), A), [`1=${B}`]);
  t.deepEqual(neighbours({ ...raid6(), bays: [] }, B), [`?=${A}`, `?=${serials[2]}`, `?=${serials[3]}`]);
});
