import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import type { Bay } from "../../../src/disks.ts";
import { mergeBays, readWorld } from "../../../src/lifecycle/operations/diskswap/world.ts";
import type { World } from "../../../src/raid/world.ts";
import type { Shell } from "../../../src/transport/shell.ts";

const captures = join(import.meta.dirname, "../../facts/captures");
const printed = (fact: string, file: string) =>
  readFileSync(join(captures, `${file}.txt`), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => `@f ${fact} ${line}`);

const host = [
  ...["@f hostname web01", "@f machineId aa01", "@f bootId b0b0", "@f firmware uefi"],
  ...printed("disks", "disks-qemu"),
  ...printed("md", "md-lvm"),
  ...printed("blocks", "blocks-lvm"),
  ...printed("bootLoaders", "boot-loaders-bios"),
  "@f kernelErrors <3>[   12.3] I/O error, dev sda, sector 8",
  "@end",
];

/** A host that tells all of this, whatever it is asked, and remembers what that was. */
function makeShell(asked: string[]): Shell {
  const run: Shell["run"] = async (command) => {
    asked.push("script" in command ? command.script : "");
    return { exitCode: 0, stdout: host.join("\n"), stderr: "", durationMs: 1 };
  };
  return { name: "web01", run, close: async () => {} };
}

test("all of it, in one execution", async (t) => {
  const asked: string[] = [];
  const world = await readWorld(makeShell(asked), { depth: "all", bays: [{ slot: "1", source: "inventory" }] });
  t.is(asked.length, 1);
  t.like(world, { hostname: "web01", machineId: "aa01", bootId: "b0b0", firmware: "uefi" });
  const counts = (Object.keys(world) as (keyof World)[]).flatMap((key) => {
    const value = world[key];
    return typeof value === "string" ? [] : [`${key} ${value.length}`];
  });
  t.deepEqual(counts.sort(), [
    ...["arrays 1", "bays 1", "blocks 14", "boot 3", "disks 3", "kernelErrors 1", "pools 0", "smart 0"],
  ]);
  for (const tool of ["smartctl", "lsblk -J", "efibootmgr", "zpool", "btrfs", "dmesg"])
    t.true(asked[0]?.includes(tool), tool);
});

test("arrays alone: no disk is asked for SMART, no partition is mounted, and what wasn't asked is empty", async (t) => {
  const asked: string[] = [];
  const world = await readWorld(makeShell(asked), { depth: "arrays" });
  for (const tool of ["smartctl", "lsblk -J", "efibootmgr", "vfat", "zpool", "storcli"])
    t.false(asked[0]?.includes(tool), tool);
  t.is(world.firmware, "uefi");
  t.deepEqual([world.disks.length, world.arrays.length], [3, 1]);
  t.deepEqual([world.blocks, world.boot, world.smart, world.pools, world.kernelErrors], [[], [], [], [], []]);
});

const bay = (slot: string, serial?: string, source: Bay["source"] = "inventory", enclosure?: string): Bay => ({
  ...{ slot, source, ...(serial ? { serial } : {}), ...(enclosure ? { enclosure } : {}) },
});

for (const [says, told, written, merged] of [
  ["only the inventory knows", [], [bay("0", "A"), bay("1", "B")], ["0 A", "1 B"]],
  ["the hardware says where a disk is", [bay("7", "A", "enclosure")], [bay("0", "A"), bay("1", "B")], ["7 A", "1 B"]],
  ["the hardware says who is in a bay", [bay("0", "X", "enclosure")], [bay("0", "A"), bay("1", "B")], ["0 X", "1 B"]],
  ["the hardware says that nobody is in it", [bay("0", undefined, "enclosure")], [bay("0", "A")], ["0 "]],
  [
    "the same number in another enclosure",
    [bay("0", "X", "enclosure", "500a")],
    [bay("0", "A", "inventory", "500b"), bay("0", "B", "inventory", "500a")],
    ["0 X", "0 A"],
  ],
  ["an empty slot for cards is no bay", [bay("0", undefined, "pcie")], [bay("0", "A")], ["0 A"]],
  ["a slot with an NVMe is one", [bay("0", "N", "pcie")], [bay("0", "A")], ["0 N"]],
  ["two empty bays aren't the same one", [bay("7", undefined, "enclosure")], [bay("8")], ["7 ", "8 "]],
] as const) {
  test(`bays: ${says}`, (t) => {
    t.deepEqual(
      mergeBays(told, written).map(({ slot, serial = "" }) => `${slot} ${serial}`),
      merged as never,
    );
  });
}
