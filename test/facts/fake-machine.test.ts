import test, { type ExecutionContext } from "ava";
import { observe } from "../../src/converge/observation.ts";
import type { FactName } from "../../src/facts/list.ts";
import { addDisk, addEsp, type FakeMachine, makeFakeMachine, pathOf } from "./fake-machine.ts";

/** The facts' scripts, whole, by each shell, on disks and arrays that a folder pretends. */
const shells = [
  ["dash", ["sh"]],
  ["busybox", ["busybox", "sh"]],
] as const;

const esp = { type: "c12a7328-f81f-11d2-ba4b-00a0c93ec93b" };
const bios = { type: "21686148-6449-6e6f-744e-656564454649", uuid: "aaaa0001" };
/** Of the file on the EFI system partition. */
const shim = "04e666aa09809daf691a99cc7bf2d57ba09bac171966a71812ffd049d7c96bb1";
const [first, second] = ["S3YANX0A0001", "S3YANX0A0002"];

async function look(t: ExecutionContext, machine: FakeMachine, how: { shell: readonly string[]; facts: FactName[] }) {
  const scratch = machine.enter(how.shell);
  t.teardown(() => {
    scratch.remove();
    machine.remove();
  });
  return (await observe([], scratch.shell, { facts: how.facts })).facts;
}

function addArray(machine: FakeMachine): void {
  const md = "sys/devices/virtual/block/md0";
  const is = { level: "raid1", metadata_version: "1.2", array_state: "active", raid_disks: 2, degraded: 1, layout: 0 };
  const sync = { sync_action: "idle", sync_completed: "none", sync_speed: "none", last_sync_action: "check" };
  const rest = { mismatch_cnt: 0, "bitmap/location": "none", uuid: "0fa01244-5350-1daf-6834-e1a5dd7e5e6a" };
  for (const [key, value] of Object.entries({ ...is, ...sync, ...rest }))
    machine.write(`${md}/md/${key}`, `${value}\n`);
  machine.write(`${md}/size`, "129024\n");
  machine.write("dev/md0");
  machine.link("dev/md/root", "../md0");
  machine.link("sys/block/md0", "../devices/virtual/block/md0");
  for (const [name, slot, state, disk] of [
    ["sda1", "0", "in_sync", "sda"],
    ["sdb1", "1", "in_sync,write_error", "sdb"],
    ["sdc1", "none", "faulty", "sdc"],
    ["sdd1", "none", "faulty", "sdd"],
  ]) {
    const dev = `${md}/md/dev-${name}`;
    for (const [key, value] of Object.entries({ slot, state, errors: 0 })) machine.write(`${dev}/${key}`, `${value}\n`);
    machine.write(`${dev}/bad_blocks`, name === "sda1" ? "204800 8\n204900 1\n" : "");
    machine.link(`${dev}/block`, `../../../../../host0/block/${disk}/${name}`);
  }
  machine.program("mdadm", `echo "$*" >> ${machine.folder}/asked; echo MD_NAME=node1:root; echo MD_EVENTS=17`);
}

for (const [says, shell] of shells) {
  test(`md, read by ${says}: who is gone isn't asked and has no serial number, nor is a faulty one asked`, async (t) => {
    const machine = makeFakeMachine();
    for (const [index, name] of ["sda", "sdb", "sdd"].entries())
      addDisk(machine, { name, serial: `SERIAL ${name}`, number: index * 16, partitions: [{}] });
    addArray(machine);
    machine.program(
      "dmesg",
      `[ "$*" = -r ] && printf '%s\\n' '<6>[ 0.500000] md: md0: data-check done.' '<6>[ 0.6] md: md01: data-check done.' '<6>[ 0.7] x'`,
    );
    const { md } = await look(t, machine, { shell, facts: ["md"] });
    const array = md?.[0] ?? { members: [] };
    // busybox takes its own dmesg.
    if (says === "dash") t.true((md?.[0]?.checkedAgoSeconds ?? 0) > 0);
    t.like(array, {
      name: "md0",
      title: "root",
      level: "raid1",
      degraded: 1,
      lastSyncAction: "check",
      hasBitmap: false,
    });
    t.is(array.members.length, 4);
    const [a, b, c, d] = array.members;
    t.like(a, { device: "sda1", serial: "SERIALsda", slot: 0, events: 17 });
    t.deepEqual(a?.badBlocks, ["204800 8", "204900 1"]);
    t.like(b, { device: "sdb1", slot: 1, events: 17 });
    t.deepEqual(b?.states, ["in_sync", "write_error"]);
    t.deepEqual(c, { device: "sdc1", gone: true, states: ["faulty"], errors: 0, badBlocks: [] });
    t.deepEqual(d, { device: "sdd1", serial: "SERIALsdd", states: ["faulty"], errors: 0, badBlocks: [] });
    t.is(machine.read("asked"), "--examine --export /dev/sda1\n--examine --export /dev/sdb1\n");
  });

  test(`md, read by ${says}: an array that was made new under the name of one that was checked`, async (t) => {
    const machine = makeFakeMachine();
    addArray(machine);
    const log = [
      "md: md0: data-check done.",
      "md: md0 stopped.",
      "md/raid1:md0: active with 2 out of 2 mirrors",
      "md: md1: data-check done.",
    ];
    machine.program("dmesg", `printf '<6>[ 0.5] %s\\n' ${log.map((line) => `'${line}'`).join(" ")}`);
    t.is((await look(t, machine, { shell, facts: ["md"] })).md?.[0]?.checkedAgoSeconds, undefined);
  });

  test(`disks, read by ${says}: a path to an NVMe that has several is no disk`, async (t) => {
    const machine = makeFakeMachine();
    addDisk(machine, { name: "nvme0n1", serial: first, number: 0 });
    addDisk(machine, { name: "nvme0c0n1", serial: first, number: 16 });
    machine.write("sys/devices/host0/block/nvme0c0n1/hidden", "1\n");
    const { disks } = await look(t, machine, { shell, facts: ["disks"] });
    t.deepEqual(
      disks?.map(({ name }) => name),
      ["nvme0n1"],
    );
  });

  test(`bootLoaders, read by ${says}: boot code, BIOS-boot partition, and an ESP's files that nobody else saw mounted`, async (t) => {
    const machine = makeFakeMachine();
    addDisk(machine, { name: "sda", serial: first, number: 0, partitions: [bios, esp] });
    addDisk(machine, { name: "sdb", serial: second, number: 16, partitions: [bios, esp, {}] });
    const late = new Uint8Array(4096);
    late.set(new TextEncoder().encode("GRUB"), 446);
    machine.write("dev/sda", late);
    machine.write("dev/sdb", `\0\xeb\x63GRUB \0Geom${"\0".repeat(4000)}`);
    machine.write("dev/sdb1", `\0\0\n${"\0".repeat(4000)}`);
    // Of sda2 nothing is a file system.
    addEsp(machine, "sdb2");
    const { bootLoaders } = await look(t, machine, { shell, facts: ["bootLoaders"] });
    const [one, other] = bootLoaders?.disks ?? [];
    t.like(one, { disk: "sda", serial: first, bootCode: false, entries: [] });
    t.like(one?.biosBoot, { partition: "sda1", empty: true });
    t.deepEqual(one?.esp, { partition: "sda2", uuid: "AB-CD", files: {}, unread: true });
    t.like(other, { disk: "sdb", serial: second, bootCode: true, entries: [] });
    t.like(other?.biosBoot, { partition: "sdb1", empty: false });
    t.not(other?.biosBoot?.digest, one?.biosBoot?.digest);
    // busybox takes its own mount, which finds no FAT on sdb2 either.
    const files = { "efi/debian/shim x64.efi": shim };
    const read = says === "dash" ? { files } : { files: {}, unread: true };
    t.deepEqual(other?.esp, { partition: "sdb2", uuid: "AB-CD", ...read });
    t.deepEqual(machine.leftovers(), []);
  });

  test(`bootLoaders, read by ${says}: an ESP that is mounted is read where it is`, async (t) => {
    const machine = makeFakeMachine();
    addDisk(machine, { name: "sdb", serial: second, number: 16, partitions: [bios, esp] });
    machine.program("mount", "exit 1");
    machine.write("here and there/below");
    machine.write(
      "before",
      `mount -t tmpfs none "$1/here and there"; mkdir -p "$1/here and there/EFI"
      printf shim > "$1/here and there/EFI/x.efi"
      while read -r id parent number root path rest; do
        case $path in "$1/here"*) break ;; esac
      done < /proc/self/mountinfo
      echo "$number" > "$1/sys/class/block/sdb2/dev"; cp "$1/run/udev/data/b8:18" "$1/run/udev/data/b$number"`,
    );
    const { bootLoaders } = await look(t, machine, { shell, facts: ["bootLoaders"] });
    t.is(bootLoaders?.disks[0]?.esp?.files["efi/x.efi"], shim);
  });
}

test("bootLoaders, where unshare isn't there or isn't allowed: mounted, read and unmounted", async (t) => {
  const machine = makeFakeMachine();
  addDisk(machine, { name: "sdb", serial: second, number: 16, partitions: [bios, esp] });
  addEsp(machine, "sdb2");
  machine.program("unshare", "exit 1");
  machine.program("umount", `echo "$*" >> ${machine.folder}/asked; exec ${pathOf("umount")} "$@"`);
  const { bootLoaders } = await look(t, machine, { shell: ["sh"], facts: ["bootLoaders"] });
  t.deepEqual(bootLoaders?.disks[0]?.esp?.files, { "efi/debian/shim x64.efi": shim });
  t.regex(machine.read("asked"), /^\/tmp\S+\n$/);
  t.deepEqual(machine.leftovers(), []);
});

test("bootLoaders, ended in the middle: nothing stays mounted", async (t) => {
  const machine = makeFakeMachine();
  addDisk(machine, { name: "sdb", serial: second, number: 16, partitions: [bios, esp] });
  addEsp(machine, "sdb2");
  machine.program("unshare", "exit 1");
  machine.program("umount", `echo "$*" >> ${machine.folder}/asked; exec ${pathOf("umount")} "$@"`);
  // Whoever reads the file ends the shell that asked, as a lost connection does.
  machine.program("sha256sum", 'case $1 in ./*) kill -TERM "$(cut -d" " -f4 /proc/$PPID/stat)" ;; esac; exec cat');
  await look(t, machine, { shell: ["sh"], facts: ["bootLoaders"] });
  t.regex(machine.read("asked"), /^\/tmp\S+\n$/);
  t.deepEqual(machine.leftovers(), []);
});
