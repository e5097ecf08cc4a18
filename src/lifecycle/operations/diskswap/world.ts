import { observe } from "../../../converge/observation.ts";
import type { Bay } from "../../../disks.ts";
import type { FactName, ReadFacts } from "../../../facts/list.ts";
import type { World } from "../../../raid/world.ts";
import type { Shell } from "../../../transport/shell.ts";
import type { Depth } from "./parts.ts";

export interface WorldOptions {
  /** What is looked at; the rest is empty. */
  readonly depth: Depth;
  readonly signal?: AbortSignal;
  /** As the inventory has them. */
  readonly bays?: readonly Bay[];
}

const quick = ["hostname", "machineId", "firmware", "disks", "md"] as const satisfies readonly FactName[];
const pools = ["zfs", "btrfs", "hardwareRaid"] as const satisfies readonly FactName[];
const thorough: readonly FactName[] = [...quick, "blocks", "bootLoaders", "kernelErrors", "smart", "bays", ...pools];

/**
 * A host's disks as they are now, in one execution. A boot loader's partition that isn't mounted is mounted for it where
 * nobody sees it; nothing else is touched.
 * @throws `host-unsupported`, `read-failed`, and what the shell throws
 */
export async function readWorld(shell: Shell, { depth, signal, bays = [] }: WorldOptions): Promise<World> {
  const wanted = { arrays: quick, pools: [...quick, ...pools], all: thorough }[depth];
  const { facts } = await observe([], shell, { facts: wanted, ...(signal ? { signal } : {}) });
  return worldOf(facts, bays);
}

/** Pure. What wasn't read is empty. */
export function worldOf(facts: ReadFacts, bays: readonly Bay[]): World {
  return {
    hostname: facts.hostname ?? "",
    machineId: facts.machineId ?? "",
    bootId: facts.bootId,
    firmware: facts.firmware ?? "bios",
    disks: facts.disks ?? [],
    arrays: facts.md ?? [],
    blocks: facts.blocks ?? [],
    smart: facts.smart ?? [],
    boot: facts.bootLoaders?.disks ?? [],
    kernelErrors: facts.kernelErrors ?? [],
    bays: mergeBays(facts.bays ?? [], bays),
    pools: pools.flatMap((name) => facts[name] ?? []),
  };
}

/** The hardware's word goes before the inventory's, about a bay as about a disk: somebody may have changed them round. */
export function mergeBays(hardware: readonly Bay[], written: readonly Bay[]): readonly Bay[] {
  // An empty slot of PCIe is mostly one for cards, and its number is no bay's.
  const told = hardware.filter(({ source, serial }) => source !== "pcie" || serial !== undefined);
  const contradicts = (bay: Bay) => (one: Bay) =>
    (bay.serial !== undefined && one.serial === bay.serial) ||
    (one.slot === bay.slot && (!bay.enclosure || one.enclosure === bay.enclosure));
  return [...told, ...written.filter((bay) => !told.some(contradicts(bay)))];
}
