import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createFakeClock, type FakeClock } from "../../../src/clock.ts";
import type { RunningOperation } from "../../../src/lifecycle/house.ts";
import { createDiskSwap } from "../../../src/lifecycle/operations/diskswap/operation.ts";
import {
  type DiskSwapSettings,
  type SwapTimes,
  usualSwapTimes,
} from "../../../src/lifecycle/operations/diskswap/parts.ts";
import type { HoldQuestion, Parameters } from "../../../src/lifecycle/step.ts";
import type { Surroundings } from "../../../src/raid/gates/gate.ts";
import type { ProbeReport } from "../../../src/raid/probes/probe.ts";
import type { World } from "../../../src/raid/world.ts";
import type { DiskSpec } from "../../raid/world-builder.ts";
import { serials } from "../../raid/worlds.ts";
import { createWorld, openStory, pass } from "../story.ts";
import { createFakeHost, type FakeHost, type Line } from "./fake-host.ts";

export const [old, survivor] = serials as [string, string];
export const fresh: DiskSpec = { name: "sdc", serial: "NEW0X0Z9999" };

/** A fake clock makes waiting cheap, but each look costs: everything is waited for in seconds. */
const times: SwapTimes = {
  ...usualSwapTimes,
  ...{ handsPollMs: 1000, settleMs: 3000, settlePollMs: 1000, bootPollMs: 1000, rebuildPollMs: 1000 },
  ...{ powerOffMs: 20_000, bootMs: 20_000, stallMs: 30_000 },
};

/** Everything on the host has a backup of this night. */
export const backedUp = (covers: readonly string[] = ["/", "/srv"]): readonly ProbeReport[] => [
  {
    ...{ probe: "restic", label: "restic", state: "present" },
    backups: [
      {
        ...{ covers, kind: "files", tool: "restic", ageSeconds: 3000, maxAgeSeconds: 86_400 },
        ...{ restoreTestedAgoSeconds: 86_400, runNow: "restic backup" },
      },
    ],
  },
];

export interface SwapOptions {
  readonly world: World;
  readonly parameters?: Parameters;
  readonly probes?: readonly ProbeReport[];
  readonly settings?: Partial<DiskSwapSettings>;
  readonly surroundings?: Partial<Surroundings>;
  readonly times?: Partial<SwapTimes>;
  /** An earlier look at the host. */
  readonly recorded?: World;
  /** Who lights the bay's lamp; `none`: nobody can. */
  readonly light?: string;
}

/** What somebody at the rack does, and what they type; nothing is typed where it must be seen. */
export type Deed = (host: FakeHost, question: HoldQuestion) => string | undefined;
export type Hands = Partial<Record<Asked, Deed | readonly Deed[]>>;

export type Asked =
  | ("find" | "pull" | "gone" | "before-off" | "while-off" | "put-back" | "new-disk" | "same-disk" | "wipe")
  | ("stall" | "not-off" | "not-back");

const endOf = (serial: string) => serial.slice(-4);

const isIn = (host: FakeHost, serial: string | undefined) =>
  host.world.disks.some((disk) => disk.serial === serial) || host.detached.has(serial ?? "");

const takeOut: Deed = (host) => {
  if (isIn(host, old)) host.pull(old);
  return endOf(old);
};
const putIn: Deed = (host) => {
  if (!isIn(host, fresh.serial)) host.insert(fresh);
  return undefined;
};

/** Somebody who does what is asked. */
export const goodHands: Readonly<Record<Asked, Deed>> = {
  find: () => "found",
  pull: takeOut,
  gone: takeOut,
  "before-off": () => endOf(old),
  "while-off": (host, question) => {
    takeOut(host, question);
    putIn(host, question);
    return endOf(old);
  },
  "put-back": (host, { facts }) => {
    for (const { value } of facts) if (!isIn(host, value)) host.putBack(value);
    return undefined;
  },
  "same-disk": putIn,
  wipe: () => endOf(fresh.serial ?? ""),
  "new-disk": putIn,
  stall: () => undefined,
  "not-off": () => undefined,
  "not-back": () => undefined,
};

export interface SwapStory {
  readonly clock: FakeClock;
  readonly host: FakeHost;
  readonly asked: { readonly kind: Asked; readonly question: HoldQuestion }[];
  readonly hands: Hands;
  readonly line: () => Line;
  readonly controller: () => Awaited<ReturnType<typeof openStory>>;
  begin(): Promise<RunningOperation>;
  /** The controller is killed where it is; another one takes over. */
  restart(): Promise<RunningOperation | undefined>;
  /** Passes time, and does what is asked, until it is so; at most so many minutes. */
  until(so: () => boolean | Promise<boolean>, minutes?: number): Promise<boolean>;
  /** To the end, whoever runs it. */
  end(): Promise<{ readonly state: string; readonly code: string | undefined; readonly message: string | undefined }>;
  held(): Promise<HoldQuestion | undefined>;
  steps(): Promise<Readonly<Record<string, string>>>;
  notes(): Promise<readonly string[]>;
}

interface Teardown {
  teardown(work: () => void): void;
}

/** One node with a fake host's disks, one controller at a time over the same records, and somebody's hands. */
export async function openSwap(t: Teardown, options: SwapOptions, hands: Hands = {}): Promise<SwapStory> {
  const folder = mkdtempSync(join("/dev/shm", "swap-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const clock = createFakeClock();
  const host = createFakeHost(options.world);
  host.probes = options.probes ?? backedUp();
  host.light = options.light ?? "enclosure";
  const { parameters = {}, settings, surroundings } = options;
  let [count, line] = [0, host.open()];
  const open = () => {
    line = host.open();
    const own = line;
    const diskswap = createDiskSwap({
      connect: async () => own.shell,
      hostKeys: async () => ["ssh-ed25519 pinned"],
      openBmc: () => own.bmc,
      settings: () => ({ hotSwap: true, bays: [], probes: { backups: [] }, ...settings }),
      surroundings: async () => ({
        ...{ othersInMaintenance: [], bmc: { state: "ok" }, hotSwap: true, acceptsDataLoss: false },
        ...surroundings,
      }),
      recorded: async () => options.recorded,
      times: { ...times, ...options.times },
      seams: own.seams,
    });
    const file = join(folder, "site.db");
    const instance = `controller-${++count}`;
    return openStory({ clock, world: createWorld(), file, instance, operations: { diskswap }, ownerGone: () => true });
  };
  let now = await open();
  await now.lifecycle.setPaused("web01", { paused: false, by: "ann" });
  await now.database.tables<{ nodes: { phase: string } }>().updateTable("nodes").set({ phase: "active" }).execute();

  const asked: SwapStory["asked"] = [];
  let answered = "";
  const operation = async () => (await now.lifecycle.status("web01"))?.operation;
  const held = async () => (await operation())?.steps.find((step) => step.state === "held")?.question;
  const attend = async () => {
    const question = await held();
    const key = JSON.stringify(question ?? "");
    if (!question || key === answered) return;
    answered = key;
    const kind = question.kind as Asked;
    const before = asked.filter((one) => one.kind === kind).length;
    asked.push({ kind, question });
    const wanted = hands[kind] ?? goodHands[kind];
    const deeds = typeof wanted === "function" ? [wanted] : wanted;
    const typed = (deeds[Math.min(before, deeds.length - 1)] as Deed)(host, question);
    if (typed !== undefined) await now.lifecycle.answer("web01", { answer: typed, by: "bob" });
  };
  const until: SwapStory["until"] = async (so, minutes = 5) => {
    for (let left = minutes * 60; left > 0; left -= 0.5) {
      if (await so()) return true;
      if (!line.isCut()) await attend();
      await pass(clock, 500, 500);
    }
    return so();
  };
  return {
    ...{ clock, host, asked, hands, until, held },
    line: () => line,
    controller: () => now,
    begin: () => now.lifecycle.begin("web01", "diskswap", { by: "ann", parameters: { disk: old, ...parameters } }),
    restart: async () => {
      line.cut();
      now = await open();
      answered = "";
      return (await now.lifecycle.recover())[0];
    },
    end: async () => {
      await until(async () => line.isCut() || (await operation())?.state !== "running");
      const last = await operation();
      return {
        state: last?.state ?? "none",
        code: last?.error?.code,
        message: last?.error?.message ?? JSON.stringify(await held()),
      };
    },
    steps: async () => Object.fromEntries(((await operation())?.steps ?? []).map((step) => [step.name, step.state])),
    notes: async () =>
      (await now.lifecycle.history("web01")).flatMap((event) =>
        event.kind === "note" ? [event.text] : event.kind === "milestone" ? [`milestone ${event.name}`] : [],
      ),
  };
}
