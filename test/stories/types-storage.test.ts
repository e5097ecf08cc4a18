import { readdirSync } from "node:fs";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { testImage } from "../../src/app/test-image.ts";
import { systemClock as clock } from "../../src/clock.ts";
import { converge } from "../../src/converge/apply.ts";
import { referenceOf } from "../../src/converge/declare.ts";
import { describePlan } from "../../src/converge/describe.ts";
import { planCatalogue } from "../../src/converge/plan.ts";
import { assertConverged } from "../../src/converge/report.ts";
import type { Resource } from "../../src/converge/resource.ts";
import { filesystem } from "../../src/converge/resources/filesystem.ts";
import { kernelModule } from "../../src/converge/resources/kernel-module.ts";
import { lvmVolume } from "../../src/converge/resources/lvm-volume.ts";
import { lvmVolumeGroup } from "../../src/converge/resources/lvm-volume-group.ts";
import { mdArray } from "../../src/converge/resources/md-array.ts";
import { mount } from "../../src/converge/resources/mount.ts";
import { partition } from "../../src/converge/resources/partition.ts";
import { swap } from "../../src/converge/resources/swap.ts";
import { sysctl } from "../../src/converge/resources/sysctl.ts";
import { silentLog } from "../../src/log.ts";
import type { MachineHost } from "../../src/sim/hosts/machine.ts";
import { startMachine } from "../../src/sim/hosts/machines.ts";
import { createLocalShell } from "../../src/transport/local.ts";
import type { Shell } from "../../src/transport/shell.ts";
import { catalogueOf } from "../converge/scratch.ts";
import { folders } from "../roles/container.ts";

/** Disks from blank to mounted, on a machine with a kernel of its own; a reboot; and what must never be overwritten. The steps build on each other. */
let host: MachineHost;
let shell: Shell;
let executions = 0;

const [first, second, third, fourth] = ["ST640A0001", "ST640A0002", "ST640A0003", "ST640A0004"] as const;
const wwn = "5000c500a0000003";

const members = (...serials: string[]) => serials.map((serial) => `${serial}-part1`);
const array = { level: 1, members: members(first, second) } as const;

const stack = (more: { www?: string; raid?: Partial<Parameters<typeof mdArray>[1]> } = {}): Resource[] => [
  ...members(first, second).map((device) => partition(device, { size: "256MiB", type: "raid", name: "data" })),
  mdArray("data", { ...array, ...more.raid }),
  lvmVolumeGroup("vg0", { devices: ["/dev/md/data"] }),
  lvmVolume("vg0/www", { size: more.www ?? "64MiB" }),
  lvmVolume("vg0/swap", { size: "10%VG" }),
  filesystem("/dev/vg0/www", { type: "ext4", label: "www", grow: true }),
  mount("/srv/www data", { source: "LABEL=www", type: "ext4", options: ["noatime"] }),
  swap("/dev/vg0/swap", { priority: 5 }),
];

/** By WWN; and what needs no disk. */
const rest: Resource[] = [
  partition(`${wwn}-part2`, { size: "320MiB" }),
  partition(`${wwn}-part1`, { size: "40MiB", type: "esp" }),
  filesystem(`${wwn}-part1`, { type: "vfat", label: "EFI" }),
  filesystem(`${wwn}-part2`, { type: "xfs", label: "bulk" }),
  mount("/srv/bulk", { source: "LABEL=bulk" }),
  swap("/swapfile", { size: "16MiB" }),
  kernelModule("loop", { parameters: { max_loop: 3 } }),
  sysctl("vm.swappiness", { value: "7" }),
  sysctl("kernel.panic", { value: "11" }),
];

const run = (resources: readonly Resource[]) => converge(catalogueOf(resources), shell, { clock });
const ask = async (script: string) => (await host.shell.run({ script })).stdout.trim();

async function changes(t: ExecutionContext, resources: readonly Resource[]) {
  executions = 0;
  const report = await run(resources);
  for (const { error } of report.results) if (error) t.log(error.message);
  assertConverged(report);
  t.is(report.outcome, "changed");
  t.is(executions, 3);
}

async function changesNothing(t: ExecutionContext, resources: readonly Resource[]) {
  executions = 0;
  const plan = await planCatalogue(catalogueOf(resources), shell);
  t.deepEqual(
    plan.planned,
    [],
    describePlan(plan)
      .map(({ text }) => text)
      .join("\n"),
  );
  t.is(executions, 1);
}

/** One resource, which the engine must leave alone and say why. */
async function refuses(t: ExecutionContext, resource: Resource, says: RegExp) {
  const report = await run([resource]);
  t.deepEqual(
    report.results.map(({ error }) => error?.code),
    ["device-refused"],
  );
  t.regex(report.results[0]?.error?.message ?? "", says);
}

test.before(async (t) => {
  const local = createLocalShell({ clock });
  const built = await testImage({ shell: local, cacheDir: folders.cacheDir, clock, log: silentLog, say: t.log });
  const disks = [first, second, third, fourth].map((serial) => ({
    ...{ serial, sizeMiB: 512 },
    ...(serial === third ? { wwn } : {}),
  }));
  host = await startMachine({ ...built, ...folders, name: "storage", disks, clock });
  shell = {
    ...host.shell,
    run: (command, options) => {
      executions++;
      return host.shell.run(command, options);
    },
  };
});

test.after.always(async () => {
  await host?.stop();
});

test.serial("blank disks become a mounted, mirrored volume in one run", async (t) => {
  await changes(t, [...stack(), ...rest]);
  t.regex(await ask("cat /proc/mdstat"), /raid1 \S+\[\d\] \S+\[\d\]/);
  t.regex(await ask("findmnt -n -o SOURCE,FSTYPE,OPTIONS '/srv/www data'"), /vg0-www +ext4 +rw,noatime/);
  t.regex(await ask("findmnt -n -o FSTYPE /srv/bulk"), /^xfs$/);
  t.is(await ask("swapon --show=SIZE,PRIO --bytes --noheadings | sort -n | wc -l"), "2");
  t.is(await ask("cat /proc/sys/vm/swappiness /proc/sys/kernel/panic | xargs"), "7 11");
  t.is(await ask("cat /sys/module/loop/parameters/max_loop"), "3");
  t.is(await ask("blkid -s TYPE -o value /dev/disk/by-id/wwn-0x5000c500a0000003-part1"), "vfat");
  await ask("echo precious > '/srv/www data/file'; sync");
});

test.serial("the second run changes nothing in one execution", async (t) => {
  await changesNothing(t, [...stack(), ...rest]);
});

test.serial("nor does it after a reboot, with disks in another order", async (t) => {
  const before = await ask("cd /sys/block; for d in sd*; do tr -dc '!-~' < $d/device/vpd_pg80; echo; done | xargs");
  await host.reboot();
  t.log(
    before,
    "then",
    await ask("cd /sys/block; for d in sd*; do tr -dc '!-~' < $d/device/vpd_pg80; echo; done | xargs"),
  );
  await changesNothing(t, [...stack(), ...rest]);
  t.is(await ask("cat '/srv/www data/file'; ls /dev/md"), "precious\ndata");
});

test.serial("a volume grows with its file system, mounted as it is", async (t) => {
  await changes(t, [...stack({ www: "100MiB" })]);
  t.true(Number(await ask("stat -f -c '%S %b' '/srv/www data' | { read -r s b; echo $((s * b / 1048576)); }")) > 80);
  t.is(await ask("cat '/srv/www data/file'"), "precious");
  await changesNothing(t, stack({ www: "100MiB" }));
});

test.serial("what somebody unmounted, switched off or remounted is found and mended", async (t) => {
  await ask(
    "umount '/srv/www data'; swapoff /swapfile; systemctl disable -q 'srv-bulk.mount'; mount -o remount,ro /srv/bulk; sysctl -q vm.swappiness=60",
  );
  const wanted = [...stack({ www: "100MiB" }), ...rest];
  const plan = await planCatalogue(catalogueOf(wanted), shell);
  t.deepEqual(
    plan.planned.map(({ item, changes: own }) => [item.reference, ...own.map(({ property }) => property)].join(" ")),
    [
      "mount[/srv/www data] mounted",
      "mount[/srv/bulk] enabled mode",
      "swap[/swapfile] used",
      "sysctl[vm.swappiness] live",
    ],
  );
  await changes(t, wanted);
  await changesNothing(t, wanted);
});

/** Of resources that have nothing to do with each other: one run refuses them all. */
const dangers: readonly (readonly (readonly [string, Resource, RegExp])[])[] = [
  [
    [
      "a partition of another size",
      partition(`${first}-part1`, { size: "128MiB", type: "raid" }),
      /has 256 MiB, not 128/,
    ],
    ["a partition that doesn't fit", partition(`${third}-part3`, { size: "400MiB" }), /has only \d+ MiB free/],
    ["a disk that isn't there", partition("NOSUCHDISK-part1", { size: "rest" }), /there is no device NOSUCHDISK/],
    ["a whole disk that has a table", filesystem(first, { type: "ext4" }), /holds a partition table \(gpt\)/],
    ["a file system of another kind", filesystem("/dev/vg0/www", { type: "xfs" }), /holds ext4 "www"/],
    [
      "a group over a file system",
      lvmVolumeGroup("vg0", { devices: ["/dev/md/data", `${wwn}-part2`] }),
      /holds xfs "bulk"/,
    ],
    [
      "a mount over files",
      mount("/etc/systemd", { source: "tmpfs", type: "tmpfs" }),
      /isn't empty: mounting would hide/,
    ],
  ],
  [
    ["an array of another level", mdArray("data", { level: 10, members: array.members }), /is raid1, not raid10/],
    [
      "an array over a file system",
      mdArray("other", { level: 1, members: [`${wwn}-part1`, `${wwn}-part2`] }),
      /holds vfat "EFI"/,
    ],
    ["a smaller volume", lvmVolume("vg0/www", { size: "32MiB" }), /has 100 MiB, more than 32/],
    ["a swap file in place of a file", swap("/etc/hostname", { size: "1MiB" }), /isn't a swap file/],
  ],
  [
    ["a file system on an array's member", filesystem(`${first}-part1`, { type: "ext4" }), /holds linux_raid_member/],
    ["swap on a file system", swap("/dev/vg0/www"), /holds ext4 "www"/],
  ],
  [
    [
      "an array of more members",
      mdArray("data", { level: 1, members: members(first, second, third) }),
      /has 2 members, not 3/,
    ],
  ],
];

for (const together of dangers) {
  test.serial(`refused: ${together.map(([says]) => says).join("; ")}`, async (t) => {
    const look =
      "sfdisk -d /dev/disk/by-id/wwn-0x5000c500a0000003; blkid -o export; cat /proc/self/mounts /proc/swaps; lvs --noheadings; ls /etc/systemd/system";
    const before = await ask(look);
    const report = await run(together.map(([, resource]) => resource));
    for (const [says, resource, sentence] of together) {
      const { error } = report.results.find(({ reference }) => reference === referenceOf(resource)) ?? {};
      t.is(error?.code, "device-refused", says);
      t.regex(error?.message ?? "", sentence, says);
    }
    t.is(await ask(look), before);
  });
}

test.serial("a foreign file system on a whole disk stays, until the resource says that it may go", async (t) => {
  const path = `/dev/disk/by-id/scsi-0QEMU_QEMU_HARDDISK_${fourth}`;
  await ask(
    `mkfs.ext4 -q -L someones ${path}; mkdir -p /mnt/x; mount ${path} /mnt/x; echo theirs > /mnt/x/file; umount /mnt/x`,
  );
  const wanted = { size: "rest", type: "linux" } as const;
  await refuses(t, partition(`${fourth}-part1`, wanted), /holds ext4 "someones".*wipe: true/s);
  t.is(await ask(`mount ${path} /mnt/x; cat /mnt/x/file`), "theirs");
  await refuses(t, partition(`${fourth}-part1`, { ...wanted, wipe: true }), /is mounted at \/mnt\/x/);
  await ask("umount /mnt/x");
  await changes(t, [partition(`${fourth}-part1`, { ...wanted, wipe: true })]);
  await changesNothing(t, [partition(`${fourth}-part1`, { ...wanted, wipe: true })]);
  t.is(await ask(`wipefs -n ${path} | grep -c ext4`), "0");
});

test.serial(
  "a mirror whose disk was pulled is told and left; with the new one in the list it is rebuilt",
  async (t) => {
    await host.pull(second);
    await ask("echo more >> '/srv/www data/file'; sync; sleep 2; mdadm /dev/md/data --fail detached --remove detached");
    await refuses(t, mdArray("data", array), new RegExp(`is without ${second}-part1`));
    const replacement = "ST640B0009";
    await host.plug({ serial: replacement, sizeMiB: 512 });
    const wanted = [
      partition(`${replacement}-part1`, { size: "256MiB", type: "raid" }),
      mdArray("data", { level: 1, members: members(first, replacement), rebuild: true }),
    ];
    await ask(`i=0; until lsblk -dno SERIAL | grep -q ${replacement} || [ $i = 50 ]; do sleep 0.2; i=$((i + 1)); done`);
    await changes(t, wanted);
    t.is(
      await ask(
        "cd /sys/block/$(basename $(readlink -f /dev/md/data))/md; i=0; until grep -q 0 degraded || [ $i = 300 ]; do sleep 0.2; i=$((i + 1)); done; cat degraded",
      ),
      "0",
    );
    await changesNothing(t, wanted);
    t.is(await ask("cat '/srv/www data/file'"), "precious\nmore");
  },
);

test.serial("an array that was stopped is started, not made anew", async (t) => {
  const wanted = [
    ...[`${fourth}-part2`, `${fourth}-part3`].map((device) => partition(device, { size: "16MiB", type: "raid" })),
  ];
  await ask(`sfdisk -q --delete /dev/disk/by-id/scsi-0QEMU_QEMU_HARDDISK_${fourth} 1`);
  const small = mdArray("small", { level: 1, members: [`${fourth}-part2`, `${fourth}-part3`], config: false });
  await changes(t, [...wanted, small]);
  const uuid = await ask("mdadm --detail /dev/md/small | grep UUID");
  await ask("mdadm --stop /dev/md/small");
  await changes(t, [...wanted, small]);
  t.is(await ask("mdadm --detail /dev/md/small | grep UUID"), uuid);
});

test.serial("mounts and swap can go; what they held stays", async (t) => {
  const gone = [
    mount("/srv/www data", { ensure: "absent" }),
    mount("/srv/bulk", { ensure: "unmounted", source: "LABEL=bulk" }),
    swap("/dev/vg0/swap", { ensure: "absent" }),
    swap("/swapfile", { ensure: "absent" }),
    kernelModule("loop", { ensure: "absent" }),
  ];
  await changes(t, gone);
  await changesNothing(t, gone);
  t.is(await ask("test -d /sys/module/loop && echo loaded"), "");
  t.is(await ask("cat /proc/swaps | wc -l; ls /swapfile /etc/systemd/system/*.swap 2>/dev/null"), "1");
  t.is(await ask("blkid -s TYPE -o value /dev/vg0/www /dev/vg0/swap | xargs"), "ext4 swap");
});

test.serial("the machine ends and leaves nothing", async (t) => {
  await host.stop();
  const places = ["/run/netns", folders.runDir, join(folders.cacheDir, "containers/labs"), "/sys/fs/cgroup"];
  const left = places.flatMap((place) => {
    try {
      return readdirSync(place);
    } catch {
      return [];
    }
  });
  t.deepEqual(
    left.filter((name) => name.startsWith(`provision-test-${process.pid}-`)),
    [],
  );
});
