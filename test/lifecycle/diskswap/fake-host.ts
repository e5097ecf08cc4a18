import type { Bmc } from "../../../src/bmc/driver.ts";
import type { LookOptions, Seams } from "../../../src/lifecycle/operations/diskswap/parts.ts";
import { realActs, type SwapActs } from "../../../src/lifecycle/operations/diskswap/swap-acts.ts";
import { type Act, readAct } from "../../../src/raid/acts/act.ts";
import type { Carried, ProbeReport } from "../../../src/raid/probes/probe.ts";
import type { World } from "../../../src/raid/world.ts";
import { fail as transportFail } from "../../../src/transport/errors.ts";
import type { Shell } from "../../../src/transport/shell.ts";
import type { DiskSpec } from "../../raid/world-builder.ts";
import { pullDisk, surprisePull } from "../../raid/worlds.ts";
import { acting, advanceSync, type Call, putInto } from "./fake-acts.ts";

type ActName = keyof SwapActs;

/** An act that still knows what it was made from. */
export interface CalledAct extends Act {
  readonly called: ActName;
  readonly call: Call;
}

/** What has been done to the host, in order; a keeper's acts by their names. */
export interface Did {
  readonly act: string;
  readonly call: Call;
  readonly lines: readonly string[];
}

/** One controller's line to the host; cut, it answers nothing any more, as for a process that was killed. */
export interface Line {
  readonly seams: Seams;
  readonly shell: Shell;
  readonly bmc: Bmc;
  cut(): void;
  readonly isCut: () => boolean;
}

export interface FakeHost {
  world: World;
  readonly did: Did[];
  power: "on" | "off";
  /** Disks that are out of the machine, as they were. */
  readonly shelf: Map<string, { readonly disk: World["disks"][number]; readonly before: World }>;
  /** Disks that the system let go of; they are in their bays. */
  readonly detached: Map<string, World>;
  readonly foreign: Set<string>;
  /** What was taken off it. */
  readonly away: Set<Carried>;
  /** Disks whose self-test finds something. */
  readonly failing: Set<string>;
  /** Backups say that they were made, and weren't. */
  backsUpNothing: boolean;
  /** The array that stops taking writes when a member of it is to fail. */
  breaks: string | undefined;
  /** It doesn't shut down; it doesn't start. */
  stuck: "on" | "off" | undefined;
  probes: readonly ProbeReport[];
  light: string;
  /** How much of a rebuild one look moves it on. */
  speed: number;
  /** Called before and after each act and each look; may cut the line. */
  onContact: (what: { readonly line: Line; readonly when: "before" | "after"; readonly act?: string }) => void;
  /** Who keeps redundancy that isn't md's: does what its acts' programs say, and fills what is to be filled at each look. */
  keeper: { deed(script: string): { exitCode: number; stdout: string }; advance(): void } | undefined;
  /** Drops the connection in the middle of the next act of that name; done or not. */
  drop: { act: ActName; done: boolean } | undefined;
  open(): Line;
  pull(serial: string): void;
  putBack(serial: string): void;
  insert(spec: DiskSpec, foreign?: boolean): void;
}

/** Builders that keep their arguments beside the real program, so that the fake needn't read shell. */
const calledActs = Object.fromEntries(
  Object.entries(realActs).map(([called, build]) => [
    called,
    (call: never) => ({ ...(build as (call: never) => Act)(call), called, call: call ?? {} }),
  ]),
) as unknown as SwapActs;

export function createFakeHost(world: World): FakeHost {
  let boots = 0;
  const host: FakeHost = {
    ...{
      world,
      did: [],
      power: "on",
      shelf: new Map(),
      detached: new Map(),
      foreign: new Set(),
      failing: new Set(),
      away: new Set(),
      probes: [],
    },
    ...{
      light: "enclosure",
      speed: 0.5,
      onContact: () => {},
      drop: undefined,
      backsUpNothing: false,
      breaks: undefined,
      stuck: undefined,
      keeper: undefined,
    },
    open: () => openLine(host, () => `boot-${++boots}`),
    pull: (serial) => {
      const disk =
        host.world.disks.find((one) => one.serial === serial) ??
        host.detached.get(serial)?.disks.find((one) => one.serial === serial);
      if (!disk) throw new Error(`there is no ${serial} to pull`);
      host.shelf.set(serial, { disk, before: host.detached.get(serial) ?? host.world });
      host.detached.delete(serial);
      const isMember = host.world.arrays.some((array) => array.members.some((one) => one.serial === serial));
      host.world = isMember ? surprisePull(host.world, serial) : pullDisk(host.world, serial);
    },
    putBack: (serial) => {
      const kept = host.shelf.get(serial);
      if (!kept) throw new Error(`${serial} isn't on the shelf`);
      host.shelf.delete(serial);
      host.world = putInto(host.world, kept.before, serial);
    },
    insert: (spec, foreign = false) => {
      const taken = host.world.disks.map(({ name }) => name);
      const name = taken.includes(spec.name) ? "sdz" : spec.name;
      if (spec.serial && foreign) host.foreign.add(spec.serial);
      host.world = putInto(host.world, undefined, { ...spec, name });
    },
  };
  return host;
}

const never = () => new Promise<never>(() => {});

function openLine(host: FakeHost, nextBoot: () => string): Line {
  let isCut = false;
  const contact = async <T>(act: string | undefined, work: () => T): Promise<T> => {
    await Promise.resolve();
    if (isCut) return never();
    host.onContact({ line, when: "before", ...(act ? { act } : {}) });
    if (isCut) return never();
    const result = work();
    host.onContact({ line, when: "after", ...(act ? { act } : {}) });
    return isCut ? never() : result;
  };
  const overSsh = () => {
    if (host.power === "off" || host.stuck === "off")
      throw transportFail("ssh-timeout", { target: "web01", timeoutMs: 1000 });
  };
  const seams: Seams = {
    look: (_shell, how) =>
      contact(undefined, () => {
        overSsh();
        host.world = advanceSync(host.world, host.speed);
        host.keeper?.advance();
        return seenAt(host.world, how);
      }),
    probe: () =>
      contact(undefined, () => {
        overSsh();
        return host.probes.map((report) =>
          report.state === "present" && report.carried
            ? { ...report, carried: report.carried.filter((one) => !host.away.has(one)) }
            : report,
        );
      }),
    perform: (_shell, act) =>
      contact((act as Partial<CalledAct>).called ?? act.name, () => perform(host, act as CalledAct)),
    acts: calledActs,
  };
  const power = (state: "on" | "off") => {
    if (state === "on" && host.power === "off") host.world = { ...host.world, bootId: nextBoot() };
    host.power = state;
  };
  const bmc: Bmc = {
    ping: async () => ({}),
    powerState: () => contact(undefined, () => host.power),
    power: (action) => contact(undefined, () => power(action === "off" || action === "soft" ? "off" : "on")),
    bootDevice: async () => ({ device: "disk", persistent: false, efi: false }),
    setBootDevice: () => contact(undefined, () => undefined),
    identify: async () => {},
    close: async () => {},
  };
  const line: Line = {
    seams,
    bmc,
    shell: {
      name: "fake",
      run: () => Promise.reject(new Error("nothing is run on it as text")),
      close: async () => {},
    },
    cut: () => {
      isCut = true;
    },
    isCut: () => isCut,
  };
  return line;

  function perform(at: FakeHost, act: CalledAct): readonly string[] {
    overSsh();
    const { drop } = at;
    const dropped = drop !== undefined && drop.act === act.called;
    if (dropped) at.drop = undefined;
    if (dropped && !drop?.done) throw transportFail("ssh-lost", { target: "web01", reason: "read ECONNRESET" });
    const result = act.called ? acting(at, act.called, act.call) : byKeeper(at, act);
    const lines = readAct(act, { stderr: "", ...result });
    at.did.push({ act: act.called ?? act.name, call: act.call ?? {}, lines });
    if (act.called === "powerOffNow" && at.stuck !== "on") at.power = "off";
    if (dropped) throw transportFail("ssh-lost", { target: "web01", reason: "read ECONNRESET" });
    return lines;
  }
}

/** As readWorld has it: a quick look knows nothing of blocks, SMART, boot loaders and the kernel's log. */
const seenAt = (world: World, { depth }: LookOptions): World =>
  depth === "all" ? world : { ...world, blocks: [], smart: [], boot: [], kernelErrors: [] };

function byKeeper({ keeper }: FakeHost, { name, script }: Act) {
  if (!keeper) throw new Error(`nobody here does: ${name}`);
  return keeper.deed(script);
}
