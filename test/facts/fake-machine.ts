import { execFileSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { makeScratch, type Scratch } from "../converge/scratch.ts";

export interface FakeMachine {
  readonly folder: string;
  /** Parents are made; a text becomes a file. */
  write(path: string, content?: string | Uint8Array): void;
  link(path: string, target: string): void;
  /** A program in front of the machine's own. */
  program(name: string, script: string): void;
  read(path: string): string;
  /** What is left where temporary folders go. */
  leftovers(): readonly string[];
  /** This machine's shell, which sees the folder's sys, dev and run as its own: in a mount namespace that ends with it. */
  enter(interpreter: readonly string[]): Scratch;
  remove(): void;
}

const enterScript = (folder: string) => `#!/bin/sh
set -e
mount --make-rprivate /
: > ${folder}/dev/null
mount --bind /dev/null ${folder}/dev/null
mount --rbind ${folder}/dev /dev
mount --bind ${folder}/sys /sys
mount --bind ${folder}/run /run
[ ! -e ${folder}/before ] || sh ${folder}/before ${folder}
TMPDIR=${folder}/tmp PATH=${folder}/bin:$PATH exec "$@"
`;

/** Disks and arrays that nobody has: the facts' scripts read them from a folder. */
export function makeFakeMachine(): FakeMachine {
  const folder = mkdtempSync(join(tmpdir(), "provision-fake-machine-"));
  const at = (path: string) => join(folder, path);
  const write = (path: string, content: string | Uint8Array = "") => {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), content);
  };
  for (const path of ["dev", "sys/block", "sys/class/block", "run", "bin", "tmp"])
    mkdirSync(at(path), { recursive: true });
  write("enter", enterScript(folder));
  chmodSync(at("enter"), 0o755);
  return {
    folder,
    write,
    link: (path, target) => {
      mkdirSync(dirname(at(path)), { recursive: true });
      symlinkSync(target, at(path));
    },
    program: (name, script) => {
      write(`bin/${name}`, `#!/bin/sh\n${script}\n`);
      chmodSync(at(`bin/${name}`), 0o755);
    },
    leftovers: () => readdirSync(at("tmp")),
    read: (path) => readFileSync(at(path), "utf8"),
    enter: (interpreter) => makeScratch(["unshare", "-m", at("enter"), ...interpreter]),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Where this machine keeps a program: a fake one may want to call it. */
export const pathOf = (name: string) => execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim();

/** A SCSI disk in sysfs, its partitions with their types as udev tells them. */
export function addDisk(
  machine: FakeMachine,
  disk: { name: string; serial: string; number: number; partitions?: readonly { type?: string; uuid?: string }[] },
): void {
  const device = `sys/devices/host0/block/${disk.name}`;
  const blank = { size: "327680", removable: "0", ro: "0", dev: `8:${disk.number}` };
  for (const [key, value] of Object.entries(blank)) machine.write(`${device}/${key}`, `${value}\n`);
  for (const [key, value] of Object.entries({ logical_block_size: 512, physical_block_size: 4096, rotational: 1 }))
    machine.write(`${device}/queue/${key}`, `${value}\n`);
  machine.write(`${device}/device/vpd_pg80`, `\0\x80\0${String.fromCharCode(disk.serial.length)}${disk.serial}`);
  machine.link(`sys/block/${disk.name}`, `../devices/host0/block/${disk.name}`);
  machine.link(`sys/class/block/${disk.name}`, `../../devices/host0/block/${disk.name}`);
  machine.write(`dev/${disk.name}`, new Uint8Array(4096));
  for (const [index, { type, uuid }] of (disk.partitions ?? []).entries()) {
    const [number, name] = [index + 1, `${disk.name}${index + 1}`];
    const place = { partition: number, start: number * 2048, size: 2048, dev: `8:${disk.number + number}` };
    for (const [key, value] of Object.entries(place)) machine.write(`${device}/${name}/${key}`, `${value}\n`);
    machine.link(`sys/class/block/${name}`, `../../devices/host0/block/${disk.name}/${name}`);
    machine.write(`dev/${name}`, new Uint8Array(4096));
    const told = [`E:ID_PART_ENTRY_TYPE=${type ?? ""}`, `E:ID_PART_ENTRY_UUID=${uuid ?? ""}`, "E:ID_FS_UUID=AB-CD"];
    machine.write(`run/udev/data/b8:${disk.number + number}`, `${told.join("\n")}\n`);
  }
}

/**
 * An EFI system partition with one file, `EFI/debian/shim x64.efi`. Not every kernel here knows FAT: `mount` shows a folder
 * in its place, if it is asked for just what it should be asked for, and notes what it refuses.
 */
export function addEsp(machine: FakeMachine, partition: string): void {
  machine.write("esp/EFI/debian/shim x64.efi", "shim");
  const mount = pathOf("mount");
  machine.program(
    "mount",
    `case $* in
      *make-rprivate*) exec ${mount} "$@" ;;
      "-t vfat -o ro,nosuid,nodev,noexec /dev/${partition} "*) exec ${mount} --bind ${machine.folder}/esp "$6" ;;
      *) echo "$*" >> ${machine.folder}/refused; exit 32 ;;
    esac`,
  );
}
