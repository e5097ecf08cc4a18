import type { Disk } from "../../../disks.ts";
import type { HostRecord } from "../../../raid/acts/record-host.ts";
import { sameUuid } from "../../../raid/members.ts";
import type { ProbeReport } from "../../../raid/probes/probe.ts";
import { placesOf } from "../../../raid/progress.ts";
import type { SwapMode, SwapPlan } from "../../../raid/swap-plan.ts";
import type { World } from "../../../raid/world.ts";
import type { Json, Parameters, StepContext } from "../../step.ts";
import type { KeptMember } from "./keeper-request.ts";

/** What somebody asked for. */
export interface SwapRequest {
  readonly serial: string;
  readonly mode?: SwapMode;
  readonly waivers: readonly string[];
  readonly acceptsDataLoss: boolean;
}

const modes: readonly SwapMode[] = ["hot", "cold", "add-first"];

/** From an operation's parameters, which went through the records. */
export function requestOf({ disk, mode, waivers, acceptsDataLoss }: Parameters): SwapRequest {
  const wanted = modes.find((one) => one === mode);
  const words = Array.isArray(waivers) ? waivers.filter((one): one is string => typeof one === "string") : [];
  return {
    serial: typeof disk === "string" ? disk : "",
    ...(wanted ? { mode: wanted } : {}),
    waivers: words,
    acceptsDataLoss: acceptsDataLoss === true,
  };
}

/** Where a disk was in an array when the swap began: to put it back after somebody pulled it by mistake. */
export interface OldPlace {
  readonly serial: string;
  readonly arrayUuid: string;
  readonly array: string;
  /** 0: the whole disk. */
  readonly partition: number;
}

export interface ColdSwap {
  /** `ordered`: it is to go off; `off`: hands are at work; `swapped`: they are done; `back`: it runs again. */
  readonly stage: "ordered" | "off" | "swapped" | "back";
  /** Of the run before it. */
  readonly bootId: string;
  /** What the last try came to: disks that were missing afterwards, or that the old one was still in. */
  readonly problem?: string;
  /** Disks that somebody pulled by mistake meanwhile; arrays don't take them back by themselves. */
  readonly missed?: readonly string[];
}

/** All that a swap keeps in the operation's memory, so that another controller can go on. */
interface Remembered {
  readonly plan: SwapPlan;
  readonly record: HostRecord;
  readonly probes: readonly ProbeReport[];
  readonly places: readonly OldPlace[];
  /** Kernel errors that were there before anything was done: `device: text`. */
  readonly oldKernelErrors: readonly string[];
  /** An array stopped taking writes when its member was to fail. */
  readonly broke: boolean;
  /** Wall time in ms: what is older than this is no backup of before the swap. */
  readonly backUpSince: number;
  /** What is taken off the host, in that order, and how it comes back. */
  readonly drained: readonly { readonly name: string; readonly drain: string; readonly undrain?: string }[];
  /** The first command that takes the old disk out was, or is about to be, sent. */
  readonly removing: boolean;
  /** The system let go of the old disk before hands pull it. */
  readonly detached: boolean;
  /** The locate light: who lit it, or `none`. */
  readonly light: string;
  /** What somebody typed when they had found the disk: its serial's end, or that it can't be read with the power on. */
  readonly identified: "by-serial" | "by-place";
  /** How far the machine's being off has come. */
  readonly cold: ColdSwap;
  readonly newSerial: string;
  /** The old disk came back, and somebody wants it so. */
  readonly sameDisk: boolean;
  /** May what is on the new disk be erased? Its serial number. */
  readonly mayWipe: string;
  /** Of a disk that isn't md's: who keeps it, as it was when the swap began. */
  readonly kept: KeptMember;
  /** What a controller calls the bay of the new disk, where that had to be typed. */
  readonly bay: string;
  /** Acts of its joining that ended well: `SERIAL name`. */
  readonly joinedBy: readonly string[];
  /** Disks that this swap has made start the machine. */
  readonly bootInstalled: readonly string[];
}

export const recall = <Key extends keyof Remembered>(ctx: StepContext, key: Key): Remembered[Key] | undefined =>
  ctx.memory.get(key) as Remembered[Key] | undefined;

/** As JSON has it: what is `undefined` is left out. */
export const keep = <Key extends keyof Remembered>(ctx: StepContext, key: Key, value: Remembered[Key]): Promise<void> =>
  ctx.memory.set(key, JSON.parse(JSON.stringify(value)) as Json);

/** The plan; steps behind the first one always have one. */
export function planOf(ctx: StepContext): SwapPlan {
  const plan = recall(ctx, "plan");
  if (!plan) throw new Error("a disk swap without a plan");
  return plan;
}

/** The new disk's serial number; steps behind its recognition always have one. */
export function newSerialOf(ctx: StepContext): string {
  const serial = recall(ctx, "newSerial");
  if (!serial) throw new Error("a disk swap without a new disk");
  return serial;
}

export const diskWith = (world: Pick<World, "disks">, serial: string): Disk | undefined =>
  world.disks.find((disk) => disk.serial === serial);

export const arrayWith = (world: Pick<World, "arrays">, uuid: string) =>
  world.arrays.find((array) => sameUuid(array.uuid, uuid));

/** Where every disk is at this moment, by what doesn't change. */
export const placesIn = (world: World): readonly OldPlace[] =>
  world.disks.flatMap(({ serial }) => (serial ? placesOf(world, serial).map((place) => ({ serial, ...place })) : []));
