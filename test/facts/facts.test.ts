import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { facts, factsToRead, parseFacts } from "../../src/facts/list.ts";

const captured = (name: string) =>
  readFileSync(join(import.meta.dirname, `captures/${name}.txt`), "utf8")
    .replace(/\n$/, "")
    .split("\n");

const MiB = 2 ** 20;
const sector = {
  logicalSectorBytes: 512,
  physicalSectorBytes: 512,
  rotational: true,
  removable: false,
  readOnly: false,
};
const qemu = { vendor: "QEMU", model: "QEMU HARDDISK", transport: "virtio", sizeBytes: 96 * MiB, ...sector };
const mirror = {
  ...{ name: "md127", uuid: "0fa01244:53501daf:6834e1a5:dd7e5e6a", level: "raid1", metadata: "1.2", state: "clean" },
  ...{ raidDisks: 2, degraded: 0, layout: 0, syncAction: "idle", mismatches: 0, hasBitmap: false, sizeBytes: 63 * MiB },
};
const member = (device: string, serial: string) => ({ device, serial, errors: 0, badBlocks: [] });
const good = { slot: 0, states: ["in_sync"] };

for (const [says, name, lines, value] of [
  [
    "a release with a codename",
    "os",
    ['PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"', 'VERSION_ID="12"', "VERSION_CODENAME=bookworm", "ID=debian"],
    { id: "debian", release: "12", codename: "bookworm" },
  ],
  ["one without", "os", ["ID='rocky'", 'VERSION_ID="9.4"'], { id: "rocky", release: "9.4", codename: "" }],
  ["nothing told", "os", [], { id: "unknown", release: "", codename: "" }],
  ["a release", "kernel", ["6.1.0-37-amd64"], "6.1.0-37-amd64"],
  ["as the kernel says it", "bootId", ["b0b07448-a4c2-4d50-adc0-61d7ea055cf5"], "b0b07448-a4c2-4d50-adc0-61d7ea055cf5"],
  ["kilobytes are bytes", "memoryBytes", ["MemTotal:        1507328 kB"], 1543503872],
  ["nothing told", "memoryBytes", [], 0],
  ["a count", "cpus", ["2"], 2],
  ["an emulator", "virtualization", captured("virtualization-qemu"), { kind: "qemu", container: false }],
  ["hardware", "virtualization", ["vendor=Dell Inc.", "product=PowerEdge R640"], { kind: "none", container: false }],
  [
    "KVM under an emulator's name",
    "virtualization",
    ["vendor=QEMU", "product=KVM Virtual Machine", "flag=yes"],
    { kind: "kvm", container: false },
  ],
  [
    "a container, whatever the hardware",
    "virtualization",
    ["container=systemd-nspawn", "vendor=Dell Inc."],
    { kind: "systemd-nspawn", container: true },
  ],
  [
    "a Xen host of real hardware",
    "virtualization",
    ["xen=yes", "hypervisor=xen", "vendor=Dell Inc."],
    { kind: "xen", container: false },
  ],
  ["a hypervisor that nobody names", "virtualization", ["flag=yes"], { kind: "other", container: false }],
  ["nothing told", "virtualization", [], { kind: "none", container: false }],
  [
    "an emulator has no serial number",
    "dmi",
    captured("dmi-qemu"),
    {
      ...{ vendor: "QEMU", product: "Standard PC (i440FX + PIIX, 1996)", biosVendor: "SeaBIOS" },
      ...{ biosVersion: "1.16.2-debian-1.16.2-1", biosDate: "04/01/2014" },
    },
  ],
  [
    "what nobody filled in isn't a serial number",
    "dmi",
    [
      "sys_vendor=Supermicro",
      "product_serial=To be filled by O.E.M.",
      "board_serial=0000000",
      "chassis_serial=Default string",
    ],
    { vendor: "Supermicro" },
  ],
  [
    "two processors in one socket",
    "cpu",
    captured("cpu-vm"),
    { model: "QEMU TCG CPU version 2.5+", sockets: 1, cores: 2, threads: 2, architecture: "x86_64" },
  ],
  [
    "two sockets whose cores have the same numbers, two threads each",
    "cpu",
    [
      "architecture=x86_64",
      "model= Xeon",
      ..."0 0,0 1,1 0,1 1,0 0,0 1,1 0,1 1".split(",").map((one) => `thread=${one}`),
    ],
    { model: "Xeon", sockets: 2, cores: 4, threads: 8, architecture: "x86_64" },
  ],
  [
    "of a small machine without swap",
    "memory",
    captured("memory-vm"),
    {
      ...{ totalBytes: 1019232256, availableBytes: 833449984, swapTotalBytes: 0, swapFreeBytes: 0 },
      ...{ hugePages: 0, hugePageBytes: 2 * MiB },
    },
  ],
  [
    "the first on the command line came up second: only the serial numbers tell",
    "disks",
    captured("disks-qemu"),
    [
      {
        ...{ name: "sda", serial: "S3YANX0A0002", ...qemu },
        partitions: [{ name: "sda1", number: 1, startBytes: MiB, sizeBytes: 64 * MiB }],
      },
      {
        ...{ name: "sdb", serial: "S3YANX0A0001", wwn: "5000c500a0000001", ...qemu },
        partitions: [
          { name: "sdb1", number: 1, startBytes: MiB, sizeBytes: 64 * MiB },
          { name: "sdb2", number: 2, startBytes: 65 * MiB, sizeBytes: 8 * MiB },
        ],
      },
      { name: "vda", serial: "SYSTEM", transport: "virtio", sizeBytes: 4096 * MiB, ...sector, partitions: [] },
    ],
  ],
  ["no disks, as in a container", "disks", [], []],
  [
    "blanks in a path; the kernel's own are left out",
    "mounts",
    captured("mounts-vm").filter((line) => !line.startsWith("tmpfs")),
    [
      {
        ...{ source: "/dev/vda", path: "/", type: "ext4", options: ["rw", "relatime"] },
        ...{ sizeBytes: 4096 * 1037014, availableBytes: 4096 * 886580 },
      },
      {
        ...{ source: "/dev/md127", path: "/srv/two words", type: "ext4", options: ["rw", "relatime"] },
        ...{ sizeBytes: 1024 * 55077, availableBytes: 1024 * 50548 },
      },
    ],
  ],
  [
    "a network file system isn't asked for its size",
    "mounts",
    ["nas:/vol /mnt nfs4 rw,hard "],
    [{ source: "nas:/vol", path: "/mnt", type: "nfs4", options: ["rw", "hard"] }],
  ],
  [
    "one card",
    "network",
    captured("network-vm"),
    {
      interfaces: [
        {
          ...{ name: "ens3", mac: "52:54:00:77:01:11", state: "up", mtu: 1500, physical: true },
          addresses: ["192.0.2.11/24", "fe80::5054:ff:fe77:111/64"],
        },
      ],
      routes: [
        { to: "192.0.2.0/24", family: 4, interface: "ens3" },
        { to: "fe80::/64", family: 6, interface: "ens3" },
      ],
    },
  ],
  [
    "a VLAN, as ip(8) writes it, and the way out",
    "network",
    [
      "interface=bond0.7 52:54:00:77:01:11 up 9000 no 20000",
      "address=bond0.7@bond0 10.0.7.2/24",
      "route4=default via 10.0.7.1 dev bond0.7 onlink",
    ],
    {
      interfaces: [
        {
          ...{ name: "bond0.7", mac: "52:54:00:77:01:11", state: "up", mtu: 9000, physical: false },
          ...{ addresses: ["10.0.7.2/24"], speedMbps: 20000 },
        },
      ],
      routes: [{ to: "default", family: 4, via: "10.0.7.1", interface: "bond0.7" }],
    },
  ],
  [
    "a mirror in sync",
    "md",
    captured("md-raid1"),
    [
      {
        ...mirror,
        members: [
          { ...member("sda1", "S3YANX0A0002"), slot: 1, states: ["in_sync"] },
          { ...member("sdb1", "S3YANX0A0001"), ...good },
        ],
      },
    ],
  ],
  [
    "a member that failed has no slot",
    "md",
    captured("md-raid1-failed"),
    [
      {
        ...mirror,
        degraded: 1,
        members: [
          { ...member("sda1", "S3YANX0A0002"), states: ["faulty"] },
          { ...member("sdb1", "S3YANX0A0001"), ...good },
        ],
      },
    ],
  ],
  [
    "a hole in the only copy is seen although the array says [UU]",
    "md",
    [...captured("md-raid1"), "bad.sda1.204800 8"],
    [
      {
        ...mirror,
        members: [
          { ...member("sda1", "S3YANX0A0002"), slot: 1, states: ["in_sync"], badBlocks: ["204800 8"] },
          { ...member("sdb1", "S3YANX0A0001"), ...good },
        ],
      },
    ],
  ],
  ["versions by name", "packages", ["zlib1g 1:1.2.13", "apt 2.6.2", "broken"], { apt: "2.6.2", zlib1g: "1:1.2.13" }],
  [
    "what runs, what would, what may not",
    "services",
    [
      "unit cron.service active running",
      "file cron.service enabled",
      "file cryptdisks.service masked",
      "file getty@.service enabled",
      "unit getty@tty1.service active running",
    ],
    [
      { name: "cron.service", active: "active", sub: "running", enabled: "enabled" },
      { name: "cryptdisks.service", active: "inactive", sub: "dead", enabled: "masked" },
      { name: "getty@tty1.service", active: "active", sub: "running", enabled: "" },
    ],
  ],
] as const) {
  test(`fact ${name}: ${says}`, (t) => {
    t.deepEqual(facts.find((fact) => fact.name === name)?.parse(lines), value as unknown);
  });
}

test("facts that a host didn't tell have a form all the same", (t) => {
  t.deepEqual(
    Object.keys(parseFacts(new Map(), facts)),
    facts.map(({ name }) => name),
  );
});

test("only what is cheap is read unless more is wanted", (t) => {
  const cheap = ["os", "kernel", "bootId", "virtualization", "memoryBytes", "cpus"];
  const names = (wanted: Parameters<typeof factsToRead>[0]) => factsToRead(wanted).map(({ name }) => name);
  t.deepEqual(names([]), cheap);
  t.deepEqual(names(["md", "os"]), [...cheap, "md"]);
});
