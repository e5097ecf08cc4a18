import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { smart } from "../../src/facts/smart.ts";
import { makeHost, shells } from "./made-host.ts";

const captures = join(import.meta.dirname, "../captures/raid/smart");
const captured = (name: string) => readFileSync(join(captures, `${name}.json`), "utf8").trim();
const of = (name: string) => ["disk=sda", "serial=S1", `smart=${captured(name)}`];
const known = { disk: "sda", serial: "S1" };
const silent = { ...known, available: false };

for (const [says, lines, value] of [
  ["no disks", [], []],
  ["smartctl isn't there", ["disk=sda", "serial=S1"], [silent]],
  [
    "smartctl is too old for JSON",
    ["disk=sda", "serial=S1", "smart=smartctl 6.6 2016-05-31 INVALID ARGUMENT"],
    [silent],
  ],
  ["smartctl was stopped: it took too long", ["disk=sda", "serial=S1", "smart="], [silent]],
  ["a virtual disk that it can't speak to", of("virtio"), [silent]],
  ["a disk that answers without a verdict: absent isn't passed", of("qemu-scsi"), [{ ...silent, protocol: "scsi" }]],
  ["a disk without a serial number", ["disk=sdb", "serial="], [{ disk: "sdb", available: false }]],
  [
    "SATA, well: a test that was stopped is passed over",
    of("ata-well"),
    [
      {
        ...{ ...known, available: true, protocol: "ata", passed: true, powerOnHours: 22047, temperatureCelsius: 31 },
        ...{ reallocated: 0, pending: 0, offlineUncorrectable: 0, crcErrors: 3 },
        ...{ lastLongTest: { passed: true, hoursAgo: 347 }, testRunning: false },
      },
    ],
  ],
  [
    "SATA that can't read and says passed: packed raw values, an hour counter that started again, a test runs",
    of("ata-pending"),
    [
      {
        ...{ ...known, available: true, protocol: "ata", passed: true, powerOnHours: 68010, temperatureCelsius: 31 },
        ...{ reallocated: 12, pending: 16, offlineUncorrectable: 16, crcErrors: 3 },
        ...{ lastLongTest: { passed: false, hoursAgo: 74 }, testRunning: true },
      },
    ],
  ],
  [
    "SAS with uncorrected errors: the newest long test failed, the one before last was only stopped",
    of("sas-worn"),
    [
      {
        ...{ ...known, available: true, protocol: "scsi", passed: true, powerOnHours: 48240, temperatureCelsius: 27 },
        ...{ grownDefects: 7, uncorrectedErrors: 3 },
        ...{ lastLongTest: { passed: false, hoursAgo: 5 }, testRunning: false },
      },
    ],
  ],
  [
    "SAS that is being tested, and smartctl that tells a test's kind in words only",
    of("sas-testing"),
    [
      {
        ...{ ...known, available: true, protocol: "scsi", passed: true, powerOnHours: 48240, temperatureCelsius: 27 },
        ...{ grownDefects: 0, uncorrectedErrors: 0, lastLongTest: { passed: true, hoursAgo: 240 }, testRunning: true },
      },
    ],
  ],
  [
    "NVMe, well",
    of("nvme-well"),
    [
      {
        ...{ ...known, available: true, protocol: "nvme", passed: true, powerOnHours: 23575, temperatureCelsius: 41 },
        ...{ criticalWarning: 0, mediaErrors: 0, percentageUsed: 3, availableSpare: 100, availableSpareThreshold: 10 },
        ...{ lastLongTest: { passed: true, hoursAgo: 240 }, testRunning: false },
      },
    ],
  ],
  [
    "NVMe that fails",
    of("nvme-failing"),
    [
      {
        ...{ ...known, available: true, protocol: "nvme", passed: false, powerOnHours: 23575, temperatureCelsius: 71 },
        ...{ criticalWarning: 5, mediaErrors: 21, percentageUsed: 112, availableSpare: 4, availableSpareThreshold: 10 },
        ...{ lastLongTest: { passed: false, hoursAgo: 75 }, testRunning: true },
      },
    ],
  ],
  [
    "NVMe by smartctl before 7.4: nothing is known of tests",
    of("qemu-nvme"),
    [
      {
        ...{ ...known, available: true, protocol: "nvme", passed: true, powerOnHours: 0, temperatureCelsius: 50 },
        ...{ criticalWarning: 0, mediaErrors: 0, percentageUsed: 0, availableSpare: 0, availableSpareThreshold: 0 },
      },
    ],
  ],
] as const) {
  test(`smart: ${says}`, (t) => t.deepEqual(smart.parse(lines), value as unknown as ReturnType<typeof smart.parse>));
}

for (const [name, shell] of shells) {
  test(`smart by ${name}: asks every disk that has hardware behind it, once`, (t) => {
    const host = makeHost(t);
    const disk = (path: string, size: string, serial?: string) => {
      host.file(`/sys/block/${path}/size`, `${size}\n`);
      host.file(`/sys/block/${path}/device/model`, "M\n");
      if (serial) host.file(`/sys/block/${path}/device/serial`, `${serial}\n`);
    };
    disk("sda", "1000", "S1");
    disk("sdb", "1000");
    disk("sr0", "1000");
    disk("sdc", "0");
    disk("nvme0c0n1", "1000", "N1");
    disk("nvme0n1", "1000", "N1");
    host.file("/sys/block/md0/size", "1000\n");
    host.file("/answer", captured("ata-well"));
    host.tool("smartctl", `echo "$@" >> ${host.root}/asked\n[ "$3" != /dev/sda ] || cat ${host.root}/answer\nexit 64`);
    const { lines } = host.run(smart.script, shell);
    t.deepEqual(
      smart.parse(lines).map((one) => [one.disk, one.serial, one.available, one.pending]),
      [
        ["nvme0n1", "N1", false, undefined],
        ["sda", "S1", true, 0],
        ["sdb", undefined, false, undefined],
      ],
    );
    const devices = ["nvme0n1", "sda", "sdb"].map((one) => `-a --json=c ${host.root}/dev/${one}\n`);
    t.is(host.read("/asked"), devices.join(""));
  });
}
