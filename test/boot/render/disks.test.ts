import test from "ava";
import { renderAnswer } from "../../../src/boot/render/answer.ts";
import { type Firmware, kindOf, machine, type Os, templates } from "./machines.ts";
import { answerTo, autoinstallOf, sections } from "./pieces.ts";
import { type FakeDisk, sandbox } from "./sandbox.ts";

/** The script in each family's answer that looks for the disks, before anything is written to one. */
const scripts: Readonly<Record<"rhel9" | "debian12" | "ubuntu2404", (text: string) => string>> = {
  rhel9: (text) => sections(text, "%pre")[0] ?? "",
  debian12: (text) => answerTo(text, "partman/early_command") ?? "",
  ubuntu2404: (text) => autoinstallOf(text).autoinstall["early-commands"][0] ?? "",
};
const oses = Object.keys(scripts) as (keyof typeof scripts)[];

const script = (os: Os & keyof typeof scripts, firmware: Firmware = "uefi") =>
  scripts[os](renderAnswer(templates, { ...machine(kindOf[os], { os, firmware }), reveal: true }));

const first = {
  name: "sda",
  properties: { ID_SERIAL: "0QEMU_WD-1", ID_SCSI_SERIAL: "WD-1", ID_SERIAL_SHORT: "0QEMU", ID_WWN: "0x50014ee2b1" },
};
const second = { name: "nvme0n1", properties: { ID_SERIAL: "Samsung_WD-2_1", ID_SERIAL_SHORT: "WD-2" } };
const stranger = { name: "sdc", properties: { ID_SERIAL: "Other", ID_SERIAL_SHORT: "WD-9" } };

const cases: readonly (readonly [what: string, disks: readonly FakeDisk[], said: string | undefined])[] = [
  [
    "both are there, beside a stranger and things that are no disks",
    [first, second, stranger, { name: "loop0", properties: { ID_SERIAL_SHORT: "WD-1" } }],
    undefined,
  ],
  ["one is missing", [first, stranger], "disk-not-found\nNo disk has serial=WD-2 wwn= minBytes=500000000000"],
  [
    "two have one serial",
    [first, second, { ...second, name: "sdd" }],
    "disk-ambiguous\nSeveral disks have serial=WD-2 wwn= minBytes=500000000000: /dev/nvme0n1 /dev/sdd",
  ],
  [
    "one is too small",
    [first, { ...second, sectors: 976_562_499 }],
    "disk-not-found\nNo disk has serial=WD-2 wwn= minBytes=500000000000",
  ],
  ["one is just large enough", [first, { ...second, sectors: 976_562_500 }], undefined],
  [
    "a serial that only begins alike",
    [first, { name: "sdb", properties: { ID_SERIAL_SHORT: "WD-22" } }],
    "disk-not-found\nNo disk has serial=WD-2 wwn= minBytes=500000000000",
  ],
  ["none at all", [], "disk-not-found\nNo disk has serial=WD-1"],
];

for (const os of oses) {
  for (const [what, disks, said] of cases) {
    test(`${os}: ${what}`, (t) => {
      const box = sandbox(t, disks);
      const { status, output } = box.run(script(os));
      const failed = box.posts().find((post) => post.to === "failed");
      if (said === undefined) {
        t.is(status, 0, output);
        t.is(failed, undefined);
        t.is(box.posts().at(-1)?.to, "milestone");
        t.true(box.posts().at(-1)?.body.startsWith("disks-found"));
      } else {
        t.not(status, 0);
        t.true(failed?.body.startsWith(said), `${failed?.body}`);
        t.false(box.posts().some((post) => post.to === "milestone"));
        t.false(box.exists("tmp/provision-storage.ks"), "nothing is prepared for a disk that isn't sure");
        t.false(box.exists("debconf"));
      }
    });
  }
}

test("rhel9 and debian12: a WWN that is another's", (t) => {
  for (const os of ["rhel9", "debian12"] as const) {
    const box = sandbox(t, [{ ...first, properties: { ...first.properties, ID_WWN: "0x50014ee2b2" } }, second]);
    box.run(script(os));
    t.regex(box.posts()[0]?.body ?? "", /^disk-not-found/, os);
  }
});

test("ubuntu2404: the installer's own glob would fit a second disk", (t) => {
  const box = sandbox(t, [
    first,
    second,
    { name: "sdd", properties: { ID_SERIAL: "MODEL_WD-11", ID_SERIAL_SHORT: "WD-11" } },
  ]);
  t.not(box.run(script("ubuntu2404")).status, 0);
  t.regex(box.posts()[0]?.body ?? "", /^disk-ambiguous\nNot exactly one disk is like \*WD-1\*/);
});

test("debian12: partman and GRUB are told of both disks", (t) => {
  const box = sandbox(t, [first, second]);
  box.run(script("debian12"));
  t.is(box.read("debconf"), "partman-auto/disk=/dev/sda /dev/nvme0n1\ngrub-installer/bootdev=/dev/sda /dev/nvme0n1\n");
});

test("rhel9: the storage commands name the disks that were found", (t) => {
  const bios = sandbox(t, [first, second]);
  bios.run(script("rhel9", "bios"));
  t.is(
    bios.read("tmp/provision-storage.ks"),
    `ignoredisk --only-use=/dev/sda,/dev/nvme0n1
zerombr
clearpart --all --initlabel --disklabel=gpt --drives=/dev/sda,/dev/nvme0n1
bootloader --location=mbr --append='console=tty0 console=ttyS0,115200 mitigations=off' --boot-drive=/dev/sda
part biosboot --fstype=biosboot --size=1 --ondisk=/dev/sda
part raid.10 --size=1024 --ondisk=/dev/sda
part raid.20 --size=1024 --grow --ondisk=/dev/sda
part biosboot --fstype=biosboot --size=1 --ondisk=/dev/nvme0n1
part raid.11 --size=1024 --ondisk=/dev/nvme0n1
part raid.21 --size=1024 --grow --ondisk=/dev/nvme0n1
raid /boot --level=1 --device=boot --fstype=xfs raid.10 raid.11
raid / --level=1 --device=root --fstype=xfs raid.20 raid.21
`,
  );
});
