import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { fail } from "./errors.ts";
import { fileNames } from "./files.ts";
import type { RackMachine, RackPlan } from "./plan.ts";

/** A disk in a bay. Its file stays when it is pulled: put in again, it is the same disk. */
export interface InsertedDisk {
  readonly serial: string;
  readonly sizeMiB: number;
  readonly file: string;
}

/** Bay by bay; `undefined`: nothing is in it. */
export type Bays = readonly (InsertedDisk | undefined)[];

/** A machine has as many bays as it was planned with disks. */
export function readBays(plan: RackPlan, machine: RackMachine): Bays {
  const files = fileNames(plan, machine.name);
  if (existsSync(files.bays)) {
    const stored = JSON.parse(readFileSync(files.bays, "utf8")) as (InsertedDisk | null)[];
    return stored.map((disk) => disk ?? undefined);
  }
  return machine.disks.map((disk, index) => ({ ...disk, file: files.disks[index] as string }));
}

/** Beside and renamed: a daemon that dies here leaves the old ones. */
export function writeBays(plan: RackPlan, machine: RackMachine, bays: Bays): void {
  const { bays: file } = fileNames(plan, machine.name);
  writeFileSync(`${file}.new`, JSON.stringify(bays.map((disk) => disk ?? null)), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** The bay of the disk with this serial. @throws `rack-no-such-disk` */
export function bayOf(bays: Bays, machine: string, serial: string): number {
  const bay = bays.findIndex((disk) => disk?.serial === serial);
  if (bay >= 0) return bay;
  throw fail("rack-no-such-disk", { machine, serial, known: bays.flatMap((disk) => (disk ? [disk.serial] : [])) });
}

/** The first empty bay. @throws `rack-bays-full`, `rack-disk-twice` */
export function freeBay(bays: Bays, machine: string, serial: string): number {
  if (bays.some((disk) => disk?.serial === serial)) throw fail("rack-disk-twice", { machine, serial });
  const bay = bays.indexOf(undefined);
  if (bay < 0) throw fail("rack-bays-full", { machine });
  return bay;
}

/** Where a disk that wasn't planned keeps its content. */
export function fileOf(plan: RackPlan, machine: RackMachine, serial: string): string {
  const files = fileNames(plan, machine.name);
  const planned = machine.disks.findIndex((disk) => disk.serial === serial);
  const name = createHash("sha256").update(serial).digest("hex").slice(0, 12);
  return files.disks[planned] ?? `${files.stateDir}/disk-${name}.img`;
}
