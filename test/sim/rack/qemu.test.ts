import test from "ava";
import type { BootOverride } from "../../../src/sim/chassis.ts";
import { readBays } from "../../../src/sim/rack/bays.ts";
import { fileNames } from "../../../src/sim/rack/files.ts";
import type { RackMachine } from "../../../src/sim/rack/plan.ts";
import { qemuArguments } from "../../../src/sim/rack/qemu.ts";
import { machine, plan } from "./plans.ts";

interface Question {
  readonly firmware: RackMachine["firmware"];
  readonly device: BootOverride["device"];
  readonly root?: string;
  readonly accelerator?: "tcg" | "kvm";
}

function argumentsOf({ firmware, device, root = "/r", accelerator = "tcg" }: Question): string[] {
  const rack = plan(root, { machines: [{ ...machine({ firmware }), uuid: "4c4c4544-0031-3010-8057-b8c04f4a3258" }] });
  const boot = { device, efi: firmware === "uefi" };
  const only = rack.machines[0] as RackMachine;
  const [files, bays] = [fileNames(rack, "web01"), readBays(rack, only)];
  return qemuArguments({ machine: only, files, bays, tap: "tap0", boot, accelerator });
}

/** The values of an option, wherever it stands. */
const values = (argv: readonly string[], option: string) =>
  argv.flatMap((word, index) => (argv[index - 1] === option ? [word] : []));

for (const [device, order] of [
  ["pxe", "order=nc"],
  ["disk", "order=c"],
  ["none", "order=c"],
  ["cdrom", "order=dc"],
  ["bios", "order=c,menu=on"],
] as const) {
  test(`a BIOS machine told ${device} is started with ${order}, and without bootindex`, (t) => {
    const argv = argumentsOf({ firmware: "bios", device });
    t.deepEqual(values(argv, "-boot"), [order]);
    t.false(argv.some((word) => word.includes("bootindex")));
  });
}

for (const [device, network, disks] of [
  ["pxe", 0, [1, 2]],
  ["disk", 2, [0, 1]],
  ["none", 2, [0, 1]],
] as const) {
  test(`a UEFI machine told ${device} has its network card in place ${network}, its disks in ${disks}`, (t) => {
    const argv = argumentsOf({ firmware: "uefi", device });
    const devices = values(argv, "-device");
    const index = (text: string) => Number(/bootindex=(\d+)/.exec(text)?.[1]);
    t.deepEqual(devices.filter((word) => word.startsWith("virtio-net-pci")).map(index), [network]);
    t.deepEqual(devices.filter((word) => word.startsWith("scsi-hd")).map(index), [...disks]);
    t.deepEqual(values(argv, "-boot"), []);
  });
}

test("a UEFI machine has its own variables and OVMF's own PXE; a BIOS machine has the card's iPXE", (t) => {
  const uefi = argumentsOf({ firmware: "uefi", device: "pxe" });
  const flash = values(uefi, "-drive").filter((word) => word.includes("pflash"));
  t.deepEqual(flash, [
    "if=pflash,unit=0,format=raw,file=/usr/share/OVMF/OVMF_CODE_4M.fd,readonly=on",
    "if=pflash,unit=1,format=raw,file=/r/state/rack/web01/vars.fd",
  ]);
  t.true(uefi.some((word) => word.includes(",romfile=,")));
  t.deepEqual(values(uefi, "-machine"), ["q35"]);
  const bios = argumentsOf({ firmware: "bios", device: "pxe" });
  t.false(bios.some((word) => word.includes("romfile") || word.includes("pflash")));
  t.deepEqual(values(bios, "-machine"), ["pc"]);
});

test("what each machine has: UUID, serials on its disks, console with a log, an end at each reset", (t) => {
  const argv = argumentsOf({ firmware: "bios", device: "none" });
  t.deepEqual(values(argv, "-uuid"), ["4c4c4544-0031-3010-8057-b8c04f4a3258"]);
  t.deepEqual(
    values(argv, "-device").filter((word) => word.includes("serial=")),
    [
      "scsi-hd,id=disk0,drive=file0,bus=scsi0.0,serial=WEB01-A",
      "scsi-hd,id=disk1,drive=file1,bus=scsi0.0,serial=WEB01-B",
    ],
  );
  t.deepEqual(values(argv, "-action"), ["reboot=shutdown"]);
  t.true(argv.includes("-S"), "started stopped, so that no event is missed");
  t.true(argv.includes("-nographic"), "else SeaBIOS is silent on the serial port");
  t.regex(
    values(argv, "-chardev")[0] ?? "",
    /path=\/r\/run\/rack\/web01\/console\.sock,logfile=.*serial\.log,logappend=on/,
  );
});

test("KVM is used only where it is asked for", (t) => {
  const accelerator = (name: "tcg" | "kvm") => {
    const argv = argumentsOf({ firmware: "bios", device: "none", accelerator: name });
    return [...values(argv, "-accel"), ...values(argv, "-cpu")];
  };
  t.deepEqual(accelerator("tcg"), ["tcg,thread=multi", "max"]);
  t.deepEqual(accelerator("kvm"), ["kvm", "host"]);
});

test("a comma in a path doesn't become an option", (t) => {
  const argv = argumentsOf({ firmware: "uefi", device: "none", root: "/r,readonly=on" });
  const paths = argv.filter((word) => word.includes("/r,") && !word.startsWith("{"));
  t.true(paths.length >= 3);
  t.true(paths.every((word) => word.includes("/r,,readonly=on/")));
  const files = values(argv, "-blockdev").map((word) => (JSON.parse(word) as { file: { filename: string } }).file);
  t.deepEqual(
    files.map(({ filename }) => filename),
    ["/r,readonly=on/state/rack/web01/disk0.img", "/r,readonly=on/state/rack/web01/disk1.img"],
  );
});
