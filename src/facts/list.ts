import { bays } from "./bays.ts";
import { blocks } from "./blocks.ts";
import { bootId } from "./boot-id.ts";
import { bootLoaders } from "./boot-loaders.ts";
import { btrfs } from "./btrfs.ts";
import { cpu } from "./cpu.ts";
import { cpus } from "./cpus.ts";
import { disks } from "./disks.ts";
import { dmi } from "./dmi.ts";
import type { Fact } from "./fact.ts";
import { firmware } from "./firmware.ts";
import { hardwareRaid } from "./hardware-raid.ts";
import { hostname } from "./hostname.ts";
import { kernel } from "./kernel.ts";
import { kernelErrors } from "./kernel-errors.ts";
import { lvm } from "./lvm.ts";
import { machineId } from "./machine-id.ts";
import { md } from "./md.ts";
import { memory, memoryBytes } from "./memory.ts";
import { mounts } from "./mounts.ts";
import { network } from "./network.ts";
import { os } from "./os.ts";
import { packages } from "./packages.ts";
import { services } from "./services.ts";
import { smart } from "./smart.ts";
import { virtualization } from "./virtualization.ts";
import { zfs } from "./zfs.ts";

const cheap = { os, kernel, bootId, virtualization, memoryBytes, cpus } as const;

/** Of a host's disks and what stands on them. */
const storage = { blocks, bootLoaders, firmware, hostname, kernelErrors, lvm, machineId } as const;

/** Of the hardware below, and of redundancy that isn't md's. They ask tools, some of which take seconds. */
const hardware = { smart, bays, zfs, btrfs, hardwareRaid } as const;

const all = {
  ...cheap,
  dmi,
  cpu,
  memory,
  disks,
  mounts,
  network,
  md,
  packages,
  services,
  ...storage,
  ...hardware,
} as const;

type Value<Of> = Of extends Fact<infer Result> ? Result : never;

export type Facts = { readonly [Name in keyof typeof all]: Value<(typeof all)[Name]> };
export type FactName = keyof Facts;

/** What one read told: always the cheap ones. */
export type ReadFacts = Pick<Facts, keyof typeof cheap> & Partial<Facts>;

export const factNames = Object.keys(all) as readonly FactName[];

export const facts: readonly Fact[] = Object.values(all);

/** The cheap ones, which every run reads, and these. */
export const factsToRead = (wanted: readonly FactName[]): readonly Fact[] =>
  facts.filter((fact) => fact.cheap || (wanted as readonly string[]).includes(fact.name));

/** Facts from what their scripts printed, by name; of those that were read. */
export function parseFacts(printed: ReadonlyMap<string, readonly string[]>, read: readonly Fact[]): ReadFacts {
  return Object.fromEntries(read.map((fact) => [fact.name, fact.parse(printed.get(fact.name) ?? [])])) as ReadFacts;
}
