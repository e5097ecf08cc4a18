import test, { type ExecutionContext } from "ava";
import { testImage } from "../../../src/app/test-image.ts";
import { systemClock as clock } from "../../../src/clock.ts";
import { ProvisionError } from "../../../src/errors.ts";
import { silentLog } from "../../../src/log.ts";
import { type Act, readAct } from "../../../src/raid/acts/act.ts";
import { addMember } from "../../../src/raid/acts/add-member.ts";
import { detachDisk } from "../../../src/raid/acts/detach-disk.ts";
import { failMember } from "../../../src/raid/acts/fail-member.ts";
import { installBoot } from "../../../src/raid/acts/install-boot.ts";
import { makeEsp } from "../../../src/raid/acts/make-esp.ts";
import { makeSwap } from "../../../src/raid/acts/make-swap.ts";
import { moveEspMount } from "../../../src/raid/acts/move-esp-mount.ts";
import { partitionDisk } from "../../../src/raid/acts/partition-disk.ts";
import { queueCheck } from "../../../src/raid/acts/queue-check.ts";
import { reAddMember } from "../../../src/raid/acts/re-add-member.ts";
import { type HostRecord, readRecord, recordHost } from "../../../src/raid/acts/record-host.ts";
import { refreshBootConfig } from "../../../src/raid/acts/refresh-boot-config.ts";
import { removeGone } from "../../../src/raid/acts/remove-gone.ts";
import { removeMember } from "../../../src/raid/acts/remove-member.ts";
import { replaceMember } from "../../../src/raid/acts/replace-member.ts";
import { rescan } from "../../../src/raid/acts/rescan.ts";
import { setSpeed } from "../../../src/raid/acts/set-speed.ts";
import { swapOff } from "../../../src/raid/acts/swap-off.ts";
import { readVet, vetDisk } from "../../../src/raid/acts/vet-disk.ts";
import { wipeDisk } from "../../../src/raid/acts/wipe-disk.ts";
import type { MachineHost } from "../../../src/sim/hosts/machine.ts";
import { startMachine } from "../../../src/sim/hosts/machines.ts";
import { createLocalShell } from "../../../src/transport/local.ts";
import { folders } from "../../roles/container.ts";
import { arrays, foreign, inGuest, spy, swapUuids, twoDisks } from "./acts-machine.ts";

/** Each act on real md, one after the other: a disk's whole swap, and what must be refused with nothing changed. */
const [kept, old, small, fresh] = ["ST640A0001", "ST640A0002", "ST640B0001", "ST640C0001"] as const;
const row = ["ST640D0001", "ST640D0002", "ST640D0003", "ST640D0004"] as const;

let host: MachineHost;
let record: HostRecord;
let checksum: string;
const uuids = { boot: "", data: "" };

async function ask(t: ExecutionContext, script: string): Promise<string> {
  const { exitCode, stdout, stderr } = await host.shell.run({ script: inGuest(script) }, { timeoutMs: 120_000 });
  t.is(exitCode, 0, `${script}\n${stdout}\n${stderr}`);
  return stdout.trim();
}

async function perform(t: ExecutionContext, act: Act): Promise<readonly string[]> {
  const { stdout, stderr, exitCode, durationMs } = await host.shell.run(
    { script: act.script },
    { timeoutMs: act.limitMs },
  );
  t.log(act.name, Math.round(durationMs), stdout.trim().slice(0, 200));
  return readAct(act, { stdout, stderr, exitCode });
}

async function refuses(t: ExecutionContext, act: Act, words: RegExp, code = "swap-refused") {
  const error = await t.throwsAsync(perform(t, act), { instanceOf: ProvisionError });
  t.is(error?.code, code, error?.message);
  t.regex(error?.message ?? "", words);
}

const on = (array: "boot" | "data", serial: string) => ({
  ...{ arrayUuid: uuids[array], serial },
  partition: array === "boot" ? 2 : 3,
});

const synced = (name: string) =>
  `until [ "$(cat /sys/block/${name}/md/sync_action /sys/block/${name}/md/degraded | xargs)" = "idle 0" ]; do sleep 0.1; done`;

test.before(async (t) => {
  const local = createLocalShell({ clock });
  const built = await testImage({ shell: local, cacheDir: folders.cacheDir, clock, log: silentLog, say: t.log });
  const disks = [
    ...[kept, old].map((serial) => ({ serial, sizeMiB: 256 })),
    ...row.map((serial) => ({ serial, sizeMiB: 64 })),
  ];
  host = await startMachine({ ...built, ...folders, name: "acts", disks, clock });
  await ask(t as ExecutionContext, `${twoDisks(kept, old)}${spy}`);
  const told = await ask(
    t as ExecutionContext,
    "cat /sys/block/md0/md/uuid /sys/block/md1/md/uuid; sha256sum < /srv/data/file",
  );
  const [boot = "", data = "", sum = ""] = told.split("\n");
  Object.assign(uuids, { boot, data });
  checksum = sum;
});

test.after.always(async () => {
  await host?.stop();
});

test.serial("the record has every disk's table by its serial number", async (t) => {
  record = readRecord(await perform(t, recordHost()));
  t.is(record.hostname, "acts");
  t.is(record.firmware, "bios");
  t.deepEqual(record.disks.map(({ serial }) => serial).sort(), [kept, old, ...row, "SYSTEM"].sort());
  t.deepEqual(Object.keys(record.tables).sort(), [kept, old]);
  t.regex(record.tables[old] ?? "", /name="boot, mirrored"/);
  t.regex(record.arrays.md1 ?? "", /Device Role : Active device 1/);
});

test.serial("each of the two starts the machine by itself", async (t) => {
  t.regex((await perform(t, installBoot({ serial: kept, firmware: "bios", biosBoot: 1 }))).join(), /^installed sd/);
  const second = installBoot({ serial: old, firmware: "bios", biosBoot: 1, fromSerial: kept });
  t.regex((await perform(t, second)).join(), /^installed sd/);
  // As a host has it that was installed by Debian: its package asks debconf which disks to write to.
  await ask(t, ": > /var/lib/dpkg/info/grub-pc.list");
  const [same, devices] = await perform(t, second);
  await ask(t, "rm /var/lib/dpkg/info/grub-pc.list");
  t.regex(same ?? "", /^same sd/);
  t.regex(devices ?? "", /^devices (\/dev\/disk\/by-id\/scsi-0QEMU\S+ST640A000[12](, |$)){2}/);
  t.regex(await ask(t, "debconf-show grub-pc"), /install_devices: .*ST640A0001/);
  t.is(await ask(t, `for s in ${kept} ${old}; do head -c 446 $(dev $s) | grep -c -a GRUB; done | xargs`), "1 1");
});

test.serial("the old disk leaves: swap off, failed, removed, detached; each may be repeated", async (t) => {
  t.regex((await perform(t, swapOff({ serial: old }))).join(), new RegExp(`^off sd.4 ${swapUuids[1]}$`));
  t.deepEqual(await perform(t, swapOff({ serial: old })), []);
  await refuses(t, removeMember(on("boot", old)), /member-active.*failed first/);
  await refuses(t, detachDisk({ serial: old }), /disk-in-use.*(mounted|held)/);
  for (const array of ["boot", "data"] as const) {
    for (const again of [1, 2])
      t.regex((await perform(t, failMember(on(array, old)))).join(), /^failed sd/, `${again}`);
    await refuses(t, failMember(on(array, kept)), /last-copy.*no other copy is in sync/);
  }
  await refuses(t, detachDisk({ serial: old }), /disk-in-use/);
  for (const array of ["boot", "data"] as const) {
    t.regex((await perform(t, removeMember(on(array, old)))).join(), /^removed sd/);
    t.deepEqual(await perform(t, removeMember(on(array, old))), ["absent"]);
  }
  await refuses(t, failMember(on("data", kept)), /last-copy/);
  t.is(await ask(t, `echo x > /srv/data/x && sync -f /srv/data/x && grep -c -e '--fail' /run/mdadm.log`), "2");
  t.deepEqual(await perform(t, detachDisk({ serial: old })), ["detached scsi"]);
  t.deepEqual(await perform(t, detachDisk({ serial: old })), ["absent"]);
  await refuses(t, addMember(on("boot", old)), /no-disk/);
});

test.serial("put back: by the bitmap where there is one, else rebuilt", async (t) => {
  await perform(t, rescan());
  await refuses(t, reAddMember({ ...on("data", old), partition: 2 }), /foreign-member/);
  t.regex((await perform(t, reAddMember(on("data", old)))).join(), /^re-added sd.3$/);
  t.regex((await perform(t, reAddMember(on("boot", old)))).join(), /^rebuilding sd.2$/);
  t.regex((await perform(t, reAddMember(on("boot", old)))).join(), /^present sd.2$/);
  await ask(t, `${synced("md0")}; ${synced("md1")}`);
});

test.serial("a pull that md hasn't noticed: what is gone is removed, and never counts as a copy", async (t) => {
  await ask(t, `echo 1 > /sys/block/$(basename $(dev ${old}))/device/delete; sleep 1`);
  await refuses(t, failMember(on("boot", kept)), /last-copy/);
  for (const array of ["boot", "data"] as const) await perform(t, removeGone({ arrayUuid: uuids[array] }));
  t.is(await ask(t, "for m in md0 md1; do ls -d /sys/block/$m/md/dev-* | wc -l; done | xargs"), "1 1");
  t.deepEqual(await perform(t, removeGone({ arrayUuid: uuids.boot })), []);
  await host.pull(old);
});

test.serial(
  "a smaller disk and a disk with somebody's data are refused; that goes only with a word, and never if in use",
  async (t) => {
    await host.plug({ serial: small, sizeMiB: 128 });
    await host.plug({ serial: fresh, sizeMiB: 320 });
    await ask(t, `i=0; until dev ${small} && dev ${fresh} || [ $i = 50 ]; do sleep 0.2; i=$((i + 1)); done`);
    const from = { kind: "survivor", serial: kept, label: "gpt" } as const;
    await refuses(t, partitionDisk({ serial: small, from }), /too-small.*134217728 bytes.*245383680/);
    await refuses(t, addMember({ ...on("boot", small), partition: 0 }), /whole-disk/);
    await ask(t, foreign(fresh));
    const known = { serial: fresh, knownSerials: [kept, old, ...row] };
    await refuses(t, wipeDisk({ ...known, serial: kept, allowSignatures: true }), /known-disk/);
    await refuses(t, wipeDisk({ serial: kept, knownSerials: [], allowSignatures: true }), /disk-in-use/);
    await refuses(t, wipeDisk({ ...known, allowSignatures: false }), /disk-not-blank/);
    await refuses(t, partitionDisk({ serial: fresh, from }), /disk-in-use|disk-not-blank/);
    await ask(t, "mkdir -p /mnt/x; mount /dev/vg0/root /mnt/x");
    await refuses(t, wipeDisk({ ...known, allowSignatures: true }), /disk-in-use.*mounted at \/mnt\/x/);
    await ask(t, "umount /mnt/x");
    const found = await perform(t, wipeDisk({ ...known, allowSignatures: true }));
    t.regex(found.join("\n"), /^found sd. table gpt$/m);
    t.regex(found.join("\n"), /^found md127 LVM2_member$/m);
    t.is(found.at(-1), "wiped");
    t.deepEqual(await perform(t, wipeDisk({ ...known, allowSignatures: false })), ["blank"]);
    t.is(await ask(t, "cat /proc/mdstat | grep -c md127 || :"), "0");
  },
);

test.serial(
  "the new disk gets the survivor's table, identifiers of its own, and every part of the old one",
  async (t) => {
    t.is(readVet(await perform(t, vetDisk({ serial: fresh }))).selfTest, "none");
    const copy = partitionDisk({ serial: fresh, from: { kind: "survivor", serial: kept, label: "gpt" } });
    await ask(t, `sgdisk -R $(dev ${fresh}) $(dev ${kept}) >/dev/null 2>&1`); // it was interrupted there
    const made = await perform(t, copy);
    t.is(made[0], "made");
    t.is(made.length, 5);
    t.deepEqual(await perform(t, copy), ["same", ...made.slice(1)]);
    await refuses(t, addMember({ ...on("boot", fresh), partition: 4 }), /too-small.*33554432/);
    for (const array of ["boot", "data"] as const) {
      t.regex((await perform(t, addMember(on(array, fresh)))).join(), /^added sd/);
      t.regex((await perform(t, addMember(on(array, fresh)))).join(), /^present sd/);
    }
    await refuses(t, makeSwap({ serial: fresh, partition: 4, uuid: swapUuids[0], on: true }), /uuid-taken/);
    const swap = makeSwap({ serial: fresh, partition: 4, uuid: swapUuids[1], on: true });
    t.regex((await perform(t, swap)).join(), /^made sd.4,on$/);
    t.regex((await perform(t, swap)).join(), /^kept sd.4,on$/);
    t.regex(await ask(t, `grep "$(dev ${fresh} 4)" /proc/swaps`), /\s7$/);
    t.regex(
      (await perform(t, installBoot({ serial: fresh, firmware: "bios", biosBoot: 1, fromSerial: kept }))).join(),
      /^(installed|same) sd/,
    );
    await ask(t, `${synced("md0")}; ${synced("md1")}`);
    t.is(await ask(t, "echo 3 > /proc/sys/vm/drop_caches; sha256sum < /srv/data/file"), checksum);
    t.deepEqual(await perform(t, queueCheck({ arrayUuid: uuids.data })), ["check started"]);
    t.deepEqual(await perform(t, setSpeed({ arrayUuid: uuids.data, kibPerSecond: 5000 })), ["speed 5000"]);
    t.deepEqual(await perform(t, setSpeed({ arrayUuid: uuids.data, kibPerSecond: "default" })), ["speed 200000"]);
  },
);

test.serial("a table from the record: MBR with logical partitions, on a blank disk", async (t) => {
  const table =
    "label: dos\\nsize=16MiB,type=fd,bootable\\nstart=65536,size=32MiB,type=5\\nstart=67584,size=8MiB,type=83\\n";
  await ask(t, `printf '${table}' | sfdisk -q $(dev ${row[0]}); mkfs.ext4 -q $(dev ${row[0]} 5)`);
  const dump = await ask(t, `sfdisk --dump $(dev ${row[0]})`);
  const options = { from: { kind: "record", label: "dos" }, dump } as const;
  const made = await perform(t, partitionDisk({ serial: row[1], ...options }));
  t.deepEqual(made.slice(1), ["partition 1 2048 32768 fd", "partition 2 65536 65536 5", "partition 5 67584 16384 83"]);
  t.is((await perform(t, partitionDisk({ serial: row[1], ...options })))[0], "same");
  await refuses(
    t,
    partitionDisk({ serial: row[1], ...options, dump: dump.replaceAll("16384", "8192") }),
    /disk-not-blank/,
  );
  await refuses(
    t,
    partitionDisk({
      serial: row[2],
      ...options,
      dump: dump.replaceAll("65536, size", "65536, size=      265536, xsize"),
    }),
    /too-small/,
  );
  for (const serial of row.slice(0, 2)) await perform(t, wipeDisk({ serial, knownSerials: [], allowSignatures: true }));
});

/** Sends no command, and nothing moved: mdadm's own refusal would have broken the array. */
async function sendsNothing(t: ExecutionContext, act: Act, words: RegExp) {
  const look = `${arrays}grep -c -e '--fail' /run/mdadm.log`;
  const before = await ask(t, look);
  await refuses(t, act, words);
  t.is(await ask(t, look), before);
}

/** A small array of whole disks, made anew whatever the last one left; its UUID. */
async function makeSmall(t: ExecutionContext, options: string, disks: readonly string[]): Promise<string> {
  const clear = row.map((serial) => `mdadm -q --zero-superblock $(dev ${serial}) || :; wipefs -q -a $(dev ${serial})`);
  await ask(t, ["umount -q -l /mnt/r || :; mdadm -q --stop /dev/md9 2>/dev/null || :", ...clear].join("\n"));
  const devices = disks.map((serial) => `$(dev ${serial})`).join(" ");
  const make = `mdadm --create /dev/md9 --run --assume-clean --metadata=1.2 ${options} --raid-devices=${disks.length} ${devices}`;
  return ask(
    t,
    `${make} >&2; mkfs.ext4 -q /dev/md9; mkdir -p /mnt/r; mount /dev/md9 /mnt/r; cat /sys/block/md9/md/uuid`,
  );
}

const whole = (arrayUuid: string, serial: string) => ({ arrayUuid, serial, partition: 0 });

for (const [level, layout, disks, first, second, says, allowed] of [
  ["10", "--layout=n2", row, 0, 1, /last-copy.*its mirror, the member in slot 0/, 2],
  ["5", "", row.slice(0, 3), 0, 1, /last-copy.*only 1 of the other 2/, undefined],
  ["6", "", row, 0, 2, /last-copy.*only 1 of the other 3/, undefined],
] as const) {
  test.serial(`RAID ${level} ${layout}: what would cost data is refused before any command`, async (t) => {
    const uuid = await makeSmall(t, `--level=${level} ${layout}`, disks);
    const at = (index: number) => whole(uuid, disks[index] as string);
    await perform(t, failMember(at(first)));
    if (level === "6") await perform(t, failMember(at(1)));
    await sendsNothing(t, failMember(at(second)), says);
    if (allowed !== undefined) await perform(t, failMember(at(allowed)));
    await ask(t, "echo x > /mnt/r/x; sync -f /mnt/r/x");
  });
}

test.serial("a refusal by mdadm itself is told as a broken array, with what a write came to", async (t) => {
  const [one, two, three, four] = row;
  const uuid = await makeSmall(t, "--level=1", [one, two, three]);
  await ask(t, ": > /run/mdadm.breaks");
  await refuses(
    t,
    failMember(whole(uuid, three)),
    /mdadm ended with 2.*; a file could still be written/,
    "array-broke",
  );
  await ask(t, "! ls /mnt/r/.provision-write-probe 2>/dev/null");
  // The kernel refuses to fail the last one, too, and from then on takes no write: nor is the probe's file removed.
  await ask(t, `dev ${one} > /run/mdadm.breaks`);
  await refuses(t, failMember(whole(uuid, two)), /mdadm ended with 2.*; writing a file failed/, "array-broke");
  await ask(t, "rm /run/mdadm.breaks");
  await perform(t, removeMember(whole(uuid, two)));
  t.is(await ask(t, "cat /sys/block/md9/md/array_state"), "broken");
  await refuses(t, failMember(whole(uuid, one)), /array-broken/);
  await refuses(t, addMember(whole(uuid, four)), /array-broken/);
});

test.serial("the new one takes a place while the old one still serves", async (t) => {
  const [one, two, three] = row;
  const uuid = await makeSmall(t, "--level=1", [one, two]);
  const act = replaceMember({ arrayUuid: uuid, oldSerial: two, oldPartition: 0, newSerial: three, newPartition: 0 });
  t.regex((await perform(t, act)).join(), /^replacing sd/);
  await ask(
    t,
    `until grep -q faulty /sys/block/md9/md/dev-$(basename $(dev ${two}))/state; do sleep 0.1; done; ${synced("md9")}`,
  );
  t.regex((await perform(t, act)).join(), /^replaced sd/);
  await perform(t, removeMember(whole(uuid, two)));
  await ask(t, `umount /mnt/r; mdadm --stop /dev/md9; for s in ${row.join(" ")}; do wipefs -q -a $(dev $s); done`);
});

test.serial("an EFI system partition is copied file by file, and takes over the mount", async (t) => {
  const [one, two] = row;
  await ask(
    t,
    `for s in ${one} ${two}; do printf 'label: gpt\\nsize=40MiB,type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B\\nsize=8MiB\\n' | sfdisk -q --wipe-partitions always $(dev $s); done; udevadm settle
    mkfs.vfat $(dev ${one} 1) >/dev/null; mkdir -p /boot/efi; mount $(dev ${one} 1) /boot/efi; mkdir -p /boot/efi/EFI/debian
    for f in shimx64.efi grubx64.efi; do head -c 300000 /dev/urandom > /boot/efi/EFI/debian/$f; done
    echo "UUID=$(blkid -p -s UUID -o value $(dev ${one} 1)) /boot/efi vfat umask=0077 0 1" >> /etc/fstab`,
  );
  const copy = { serial: two, partition: 1, fromSerial: one, fromPartition: 1 };
  await refuses(t, makeEsp({ ...copy, partition: 2 }), /no-esp/);
  t.regex((await perform(t, makeEsp(copy))).join(), /^made sd.1,copied,uuid [0-9A-F-]{9}$/);
  t.regex((await perform(t, makeEsp(copy))).join(), /^kept sd.1,same,/);
  const install = installBoot({ serial: two, firmware: "uefi", esp: 1, fromSerial: one });
  t.regex((await perform(t, install)).join(), /^same sd.1,no-entries$/);
  t.regex(
    (await perform(t, moveEspMount({ fromSerial: one, toSerial: two, mountPoint: "/boot/efi" }))).join(),
    /^moved sd.1$/,
  );
  t.regex(
    await ask(
      t,
      `cmp /boot/efi/EFI/BOOT/BOOTX64.EFI /boot/efi/EFI/debian/shimx64.efi; grep /boot/efi /etc/fstab; findmnt -n -o SOURCE /boot/efi; echo $(dev ${two} 1)`,
    ),
    /^UUID=[0-9A-F-]{9} \/boot\/efi vfat umask=0077,nofail 0 0\n(\S+)\n\1$/,
  );
  t.is(await ask(t, "ls /run | grep -c provision-boot || :"), "0");
});

test.serial("mdadm.conf and the initramfs are made true only where arrays are listed", async (t) => {
  t.deepEqual(await perform(t, refreshBootConfig()), ["unlisted"]);
  await ask(
    t,
    "mdadm --detail --scan | grep md.data >> /etc/mdadm/mdadm.conf || mdadm --detail --scan | head -n 1 >> /etc/mdadm/mdadm.conf; ln -sf /bin/true /usr/local/sbin/update-initramfs",
  );
  const told = await perform(t, refreshBootConfig());
  t.is(told.filter((line) => line.startsWith("added ")).length, 1);
  t.is(told.at(-1), "initramfs");
  t.deepEqual(await perform(t, refreshBootConfig()), ["same"]);
});
