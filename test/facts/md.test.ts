import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { md } from "../../src/facts/md.ts";

const captured = (name: string) =>
  readFileSync(join(import.meta.dirname, `captures/${name}.txt`), "utf8")
    .trimEnd()
    .split("\n");

const one = (...lines: string[]) => md.parse(["array=md0", ...lines])[0];

const seen = {
  ...{ name: "md127", title: "root", uuid: "b620231a:cf047856:5ff4cf3d:8cfe1afc", level: "raid1", metadata: "1.2" },
  ...{ state: "clean", raidDisks: 2, degraded: 0, layout: 0, syncAction: "idle", lastSyncAction: "check" },
  ...{ mismatches: 0, hasBitmap: true, sizeBytes: 66060288 },
};
const member = (device: string) => ({ device, errors: 0, badBlocks: [] });
const good = { states: ["in_sync"] };

test("md: a mirror with a bitmap that was checked seven seconds ago", (t) => {
  t.deepEqual(md.parse(captured("md-lvm")), [
    {
      ...{ ...seen, checkedAgoSeconds: 7 },
      members: [
        { ...member("sda4"), ...good, slot: 1, serial: "S3YANX0A0001", events: 20 },
        { ...member("sdb4"), ...good, slot: 0, serial: "S3YANX0A0002", events: 20 },
      ],
    },
  ]);
});

test("md: a member whose disk has vanished has no serial number, and says that it is gone", (t) => {
  t.deepEqual(md.parse(captured("md-gone")), [
    {
      ...{ ...seen, degraded: 1 },
      members: [
        { ...member("sda4"), states: ["faulty"], gone: true },
        { ...member("sdb4"), ...good, slot: 0, serial: "S3YANX0A0002", events: 22 },
      ],
    },
  ]);
});

for (const [says, lines, value] of [
  [
    "a rebuild, as sysfs tells it",
    ["sync_action=recover", "sync_completed=65536 / 1046528", "sync_speed=20629", "degraded=1", "array_state=broken"],
    { syncAction: "recover", syncCompleted: 65536 / 1046528, syncKibPerSecond: 20629, degraded: 1, state: "broken" },
  ],
  [
    "one that waits for another",
    ["sync_action=recover", "sync_completed=delayed", "sync_speed=none"],
    { syncAction: "recover", syncCompleted: undefined, syncKibPerSecond: undefined },
  ],
  ["RAID10's copies", ["level=raid10", "layout=258", "raid_disks=4"], { level: "raid10", layout: 258, raidDisks: 4 }],
  ["one that grows", ["level=raid5", "raid_disks=4 (3)", "layout=2"], { raidDisks: 4, layout: 2 }],
  [
    "stripes have nothing to sync, and no bitmap",
    ["level=raid0", "raid_disks=2", "degraded=", "sync_action=", "bitmap/location=", "last_sync_action="],
    { level: "raid0", syncAction: "none", degraded: 0, hasBitmap: false, lastSyncAction: undefined },
  ],
  ["no bitmap", ["level=raid1", "bitmap/location=none"], { hasBitmap: false }],
  ["a bitmap in a file", ["bitmap/location=file"], { hasBitmap: true }],
  [
    "one that was never started: its members' superblocks know what it is",
    [
      ...["level=", "array_state=inactive", "raid_disks=0", "x.sda4.MD_LEVEL=raid5", "x.sda4.MD_DEVICES=3"],
      ...["x.sda4.MD_NAME=node1:data", "member.sda4=none spare 0 S3YANX0A0001"],
    ],
    { level: "raid5", raidDisks: 3, state: "inactive", title: "data" },
  ],
  [
    "a container of arrays",
    ["level=", "metadata_version=external:imsm", "array_state=inactive", "uuid=00000000-0000-0000-0000-000000000000"],
    { level: "container", metadata: "external:imsm", uuid: undefined },
  ],
  [
    "an array in a container has its level",
    ["level=raid1", "metadata_version=external:/md127/0", "udev.MD_UUID=11111111:22222222:33333333:44444444"],
    { level: "raid1", uuid: "11111111:22222222:33333333:44444444" },
  ],
  ["one in a container, read-only until it is needed", ["level=", "metadata_version=external:-md127/0"], { level: "" }],
  ["an array that only has a number has no title", ["udev.MD_NAME=node1:0", "udev.MD_DEVNAME="], { title: undefined }],
  ["without udev the link tells", ["udev.MD_NAME=", "link=home"], { title: "home" }],
  ["a name without a host", ["udev.MD_NAME=boot"], { title: "boot" }],
  ["nobody checked it", ["uptime=33.14", "checked="], { checkedAgoSeconds: undefined }],
  ["a log without times", ["uptime=33.14", "checked=<6>md: md0: data-check done."], { checkedAgoSeconds: undefined }],
] as const) {
  test(`md: ${says}`, (t) => {
    const found: object = one(...lines) ?? {};
    t.deepEqual(Object.fromEntries(Object.keys(value).map((key) => [key, found[key as never]])), value);
  });
}

test("md: what is left of an array that was stopped is none", (t) => {
  t.deepEqual(md.parse(["array=md126", "array_state=clear", "array=md127", "array_state=clean"]).length, 1);
});

for (const [says, lines, value] of [
  [
    "a serial number with a blank in it",
    ["member.sda1=0 in_sync 0 AB 12"],
    { ...member("sda1"), ...good, slot: 0, serial: "AB 12" },
  ],
  ["no state at all", ["member.sda1=none - 0 AB12"], { ...member("sda1"), states: [], serial: "AB12" }],
  [
    "a write that failed: it wants to be replaced, though it is in sync",
    ["bad.sdb1.120000 1", "member.sdb1=1 in_sync,write_error,want_replacement 3 AB12"],
    {
      ...{ device: "sdb1", slot: 1, serial: "AB12", errors: 3, badBlocks: ["120000 1"] },
      states: ["in_sync", "write_error", "want_replacement"],
    },
  ],
] as const) {
  test(`md: a member with ${says}`, (t) => t.deepEqual(one(...lines)?.members, [value] as never));
}
