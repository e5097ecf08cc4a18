import { execFileSync, spawnSync } from "node:child_process";
import test from "ava";
import type { Act } from "../../../src/raid/acts/act.ts";
import { addMember } from "../../../src/raid/acts/add-member.ts";
import { backUpNow } from "../../../src/raid/acts/back-up-now.ts";
import { blink } from "../../../src/raid/acts/blink.ts";
import { detachDisk } from "../../../src/raid/acts/detach-disk.ts";
import { drain } from "../../../src/raid/acts/drain.ts";
import { failMember } from "../../../src/raid/acts/fail-member.ts";
import { installBoot } from "../../../src/raid/acts/install-boot.ts";
import { locate } from "../../../src/raid/acts/locate.ts";
import { makeEsp } from "../../../src/raid/acts/make-esp.ts";
import { makeSwap } from "../../../src/raid/acts/make-swap.ts";
import { moveEspMount } from "../../../src/raid/acts/move-esp-mount.ts";
import { partitionDisk } from "../../../src/raid/acts/partition-disk.ts";
import { powerOffNow } from "../../../src/raid/acts/power-off-now.ts";
import { queueCheck } from "../../../src/raid/acts/queue-check.ts";
import { reAddMember } from "../../../src/raid/acts/re-add-member.ts";
import { recordHost } from "../../../src/raid/acts/record-host.ts";
import { refreshBootConfig } from "../../../src/raid/acts/refresh-boot-config.ts";
import { removeGone } from "../../../src/raid/acts/remove-gone.ts";
import { removeMember } from "../../../src/raid/acts/remove-member.ts";
import { replaceMember } from "../../../src/raid/acts/replace-member.ts";
import { rescan } from "../../../src/raid/acts/rescan.ts";
import { setSpeed } from "../../../src/raid/acts/set-speed.ts";
import { swapOff } from "../../../src/raid/acts/swap-off.ts";
import { undrain } from "../../../src/raid/acts/undrain.ts";
import { vetDisk } from "../../../src/raid/acts/vet-disk.ts";
import { wipeDisk } from "../../../src/raid/acts/wipe-disk.ts";

/** A serial number that would run, were it not quoted: nobody knows what firmware puts there. */
const hostile =
  "S'; touch /tmp/provision-hostile; $(touch /tmp/provision-hostile) \"`touch /tmp/provision-hostile`\n@refuse x";
const uuid = "0f3b8a6e:11111111:22222222:33333333";
const dump =
  "label: gpt\nunit: sectors\nsector-size: 512\n\n/dev/sda1 : start=2048, size=4096, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4\n";

/** There a device's last digits are the number of the partition: sfdisk(8). */
const dumped = "/dev/sda1 : start";

const acts = (serial: string): readonly Act[] => {
  const [place, commands] = [{ arrayUuid: uuid, serial, partition: 3 }, { commands: ["true", "echo 'it is'"] }];
  return [
    ...[
      recordHost(),
      backUpNow(commands),
      drain(commands),
      undrain(commands),
      rescan(),
      powerOffNow(),
      refreshBootConfig(),
    ],
    ...[failMember(place), removeMember(place), removeGone(place), reAddMember(place), addMember(place)],
    replaceMember({ arrayUuid: uuid, oldSerial: serial, oldPartition: 3, newSerial: serial, newPartition: 3 }),
    ...[queueCheck(place), setSpeed({ kibPerSecond: "default" }), setSpeed({ arrayUuid: uuid, kibPerSecond: 5000 })],
    ...[
      locate({ serial, on: true, slot: serial, enclosure: serial }),
      detachDisk({ serial }),
      vetDisk({ serial }),
      blink({ serial, seconds: 3 }),
      swapOff({ serial }),
    ],
    wipeDisk({ serial, knownSerials: ["A", `${serial}B`], allowSignatures: true }),
    wipeDisk({ serial, knownSerials: [], allowSignatures: false }),
    partitionDisk({ serial, from: { kind: "none" } }),
    partitionDisk({ serial, from: { kind: "survivor", serial: `${serial}2`, label: "gpt" } }),
    partitionDisk({ serial, from: { kind: "record", label: "gpt" }, dump }),
    makeEsp({ serial, partition: 1, fromSerial: `${serial}2`, fromPartition: 1 }),
    installBoot({ serial, firmware: "bios", biosBoot: 1, fromSerial: `${serial}2` }),
    installBoot({ serial, firmware: "uefi", esp: 1, fromSerial: `${serial}2` }),
    makeSwap({ serial, partition: 4, uuid: serial, label: serial, on: true }),
    moveEspMount({ fromSerial: serial, toSerial: `${serial}2`, mountPoint: "/boot/efi" }),
  ];
};

for (const [shell, argv] of [
  ["dash", ["dash", "-n"]],
  ["busybox", ["busybox", "sh", "-n"]],
] as const) {
  test(`${shell} can read every act, whatever a serial number is made of`, (t) => {
    for (const { name, script } of [...acts("S3YANX0A0001"), ...acts(hostile)]) {
      const { status, stderr } = spawnSync(argv[0], argv.slice(1), { input: script, encoding: "utf8" });
      t.is(status, 0, `${name}: ${stderr}`);
    }
  });
}

/** Where nothing is found, since there is no sysfs; what needs a disk says so, and nothing of its name was run. */
test("a hostile serial number is only a name that no disk has", (t) => {
  const touching = acts(hostile).filter(({ script }) => script.includes("d_find '") || script.includes("d_place '"));
  t.true(touching.length >= 10, `${touching.length}`);
  for (const { name, script } of touching) {
    const harmless = script.replaceAll("/sys/", "/nonexistent/");
    const { status, stdout } = spawnSync("dash", [], { input: harmless, encoding: "utf8" });
    t.true(status === 3 || stdout === "absent\n", `${name}: ${stdout}`);
    t.regex(stdout, /^(@refuse no-(disk|array) .*|absent)$/m, name);
    t.is(stdout.trim().split("\n").length, 1, name);
  }
  t.throws(() => execFileSync("ls", ["/tmp/provision-hostile"], { stdio: "pipe" }));
});

test("no act uses force, a kernel's name or sgdisk's zap", (t) => {
  for (const { name, script } of acts("S1")) {
    t.notRegex(
      script,
      /mdadm [^\n]*--force|--assume-clean|wipefs -[a-z]*f|sfdisk [^\n]*--force|sgdisk (-Z|--zap)/,
      name,
    );
    t.notRegex(script.replace(dumped, ""), /\/dev\/(sd[a-z]|nvme\d)/, name);
  }
});

test("half of a program does nothing: its one call comes last", (t) => {
  for (const { name, script } of acts("S1")) {
    t.true(script.endsWith("act_main </dev/null\nexit $?\n"), name);
    t.is(script.match(/^act_main/gm)?.length, 2, name);
  }
});

test("numbers that are none are refused before there is a script", (t) => {
  t.throws(() => failMember({ arrayUuid: uuid, serial: "S", partition: -1 }), { instanceOf: RangeError });
  t.throws(() => blink({ serial: "S", seconds: Number.NaN }), { instanceOf: RangeError });
  t.throws(() => installBoot({ serial: "S", firmware: "uefi" }), { instanceOf: RangeError });
  t.throws(() => partitionDisk({ serial: "S", from: { kind: "record", label: "dos" } }), { instanceOf: RangeError });
});
