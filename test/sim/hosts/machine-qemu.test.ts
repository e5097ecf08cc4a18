import test from "ava";
import { aloneArguments } from "../../../src/sim/hosts/machine-alone.ts";
import type { MachineDisk } from "../../../src/sim/hosts/machine-disks.ts";
import { type Emulated, machineArguments } from "../../../src/sim/hosts/machine-qemu.ts";

const machine: Omit<Emulated, "disks"> = {
  ...{ name: "one", index: 0, kernel: "/vmlinuz", initrd: "/initrd", systemDisk: "/root.img" },
  ...{ memoryMiB: 512, cpus: 1, accelerator: "tcg", control: "/one.qmp" },
};

const argumentsOf = (disk: Omit<MachineDisk, "sizeMiB">) =>
  machineArguments({ ...machine, disks: [{ ...disk, sizeMiB: 8, file: "/disk.img" }] });
const device = (argv: readonly string[]) => argv.at(-1);

const good = "scsi-hd,id=disk-S1,drive=file-S1,bus=scsi0.0,serial=S1";
const disks: readonly (readonly [string, Omit<MachineDisk, "sizeMiB">, string])[] = [
  ["a disk on the bus that takes more", { serial: "S1" }, good],
  ["with a WWN", { serial: "S1", wwn: "5000c500a0000003" }, `${good},wwn=0x5000c500a0000003`],
  ["as NVMe", { serial: "S1", bus: "nvme" }, "nvme,id=disk-S1,drive=file-S1,serial=S1"],
  [
    "with two bad sectors, behind what answers with errors",
    {
      serial: "S1",
      faults: [
        { iotype: "read", sector: 7 },
        { iotype: "write", sector: 9 },
      ],
    },
    "scsi-hd,id=disk-S1,drive=bad2-S1,bus=scsi0.0,serial=S1",
  ],
];

for (const [says, disk, expected] of disks)
  test(says, (t) => {
    t.is(device(argumentsOf(disk)), expected);
  });

test("a bad sector fails each time with EIO, and what is behind it is the disk's file", (t) => {
  const argv = argumentsOf({ serial: "S1", faults: [{ iotype: "read", sector: 7 }] });
  const nodes = argv.filter((_, index) => argv[index - 1] === "-blockdev").map((text) => JSON.parse(text));
  t.deepEqual(nodes.at(-1), {
    ...{ driver: "blkdebug", "node-name": "bad1-S1", image: "file-S1" },
    "inject-error": [{ event: "none", errno: 5, once: false, iotype: "read", sector: 7 }],
  });
  t.is(nodes.at(-2)["node-name"], "file-S1");
});

test("only a machine with UEFI has a flash with its variables", (t) => {
  t.false(machineArguments({ ...machine, disks: [] }).some((one) => one.includes("pflash")));
  const argv = machineArguments({ ...machine, disks: [], variables: "/a,b.vars" });
  t.true(argv.includes("if=pflash,unit=1,format=raw,file=/a,,b.vars"));
});

for (const firmware of ["bios", "uefi"] as const)
  test(`one disk alone by ${firmware}: no kernel of ours, no network, no other disk`, (t) => {
    const argv = aloneArguments({ firmware, marker: "", accelerator: "tcg", disk: "/d.img", variables: "/v" });
    t.false(argv.includes("-kernel"));
    t.is(argv[argv.indexOf("-nic") + 1], "none");
    t.is(argv.filter((one) => one.startsWith("scsi-hd")).length, 1);
    t.is(
      argv.some((one) => one.includes("OVMF_CODE")),
      firmware === "uefi",
    );
  });
