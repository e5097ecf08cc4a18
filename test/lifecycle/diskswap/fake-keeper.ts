import type { Pool, PoolMember } from "../../../src/disks.ts";
import type { World } from "../../../src/raid/world.ts";
import { makeHost } from "../../raid/world-builder.ts";
import { pullDisk } from "../../raid/worlds.ts";
import type { FakeHost } from "./fake-host.ts";

export const oldSerial = "WD0KEEP00OLD1";
export const newSerial = "WD0KEEP00NEW9";

/** What is in a controller's bay. */
interface InBay {
  readonly serial: string;
  readonly state: string;
}

/** A keeper of redundancy, as a model: it does what its acts' programs ask for, by their last line. */
export interface FakeKeeper {
  /** Function and words of each act, lights left out. */
  readonly did: string[];
  bay: InBay | undefined;
  /** A controller fills what is put into its bay by itself; a drive with another's configuration it doesn't. */
  auto: boolean;
  foreign: boolean;
  /** How much of it one look fills. */
  speed: number;
  /** btrfs: what was written meanwhile has one copy. */
  thin: boolean;
  /** … and there is no room for a second one: the balance ends early. */
  full: boolean;
  /** When it is filled, something isn't well. */
  worn: boolean;
  pool(): Pool;
  set(change: Partial<Pool>): void;
  member(name: string): PoolMember | undefined;
  pull(): void;
  insert(serial?: string): void;
}

type Kind = Pool["kind"];
const isController = (kind: Kind) => kind === "megaraid" || kind === "hpe";

const names: Readonly<Record<Kind, { pool: string; level: string; said: string; of: (at: number) => string }>> = {
  zfs: { pool: "tank", level: "mirror", said: "ONLINE", of: (at) => `170000000000000000${at}` },
  btrfs: { pool: "/srv", level: "raid1", said: "no device missing", of: (at) => `devid:${at}` },
  megaraid: { pool: "/c0/v0", level: "raid1", said: "Optl", of: (at) => `/c0/e252/s${at}` },
  hpe: { pool: "slot=0 ld 1", level: "raid1", said: "OK", of: (at) => `slot=0 pd 1I:1:${at}` },
};

export const nameOf = (kind: Kind, at: number) => names[kind].of(at);
export const keeperOf = (kind: Kind, at = 2) => ({ kind, pool: names[kind].pool, member: nameOf(kind, at) });

const serialAt = (at: number) => (at === 2 ? oldSerial : `WD0KEEP00GUD${at + 2}`);

/** A host with a pool of whole disks beside the one that it is started from; the second of them is to go. */
export function keptHost(kind: Kind, count = 2, more: Partial<Pool> = {}): World {
  const { pool: name, level, said, of } = names[kind];
  const numbers = Array.from({ length: count }, (_, at) => at + 1);
  const letters = ["b", "c", "d", "e"];
  const members = numbers.map((at): PoolMember => {
    const own = isController(kind) ? { slot: `252:${at}` } : { device: `/dev/sd${letters[at - 1]}` };
    return { name: of(at), serial: serialAt(at), state: "ok", said: "ONLINE", ...own };
  });
  const disks = isController(kind) ? [] : numbers.map((at) => ({ name: `sd${letters[at - 1]}`, serial: serialAt(at) }));
  const pool: Pool = { kind, name, level, state: "ok", said, redundancyLeft: 1, members, ...more };
  return makeHost({ disks: [{ name: "sda", serial: "BOOT0A0001" }, ...disks], arrays: [] }, { pools: [pool] });
}

const ok = (stdout: string) => ({ exitCode: 0, stdout });
const refuse = (words: string) => ({ exitCode: 3, stdout: `@refuse ${words}` });

/** The call in which an act's program ends: `z_leave tank 1700 S2`; a look into a bay is `look PATH`. */
function callIn(script: string): readonly string[] {
  const body = /act_body\(\) \{\n(.*?)\n\}\nact_main/s.exec(script)?.[1] ?? "";
  const looked = /^if [mh]_drive (.*?); then/m.exec(body)?.[1];
  const line = looked === undefined ? (body.split("\n").at(-1) ?? "") : `look ${looked}`;
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? "");
}

export function createFakeKeeper(host: FakeHost): FakeKeeper {
  const poolNow = () => host.world.pools[0] as Pool;
  const set = (change: Partial<Pool>) => {
    host.world = { ...host.world, pools: [{ ...poolNow(), ...change }] };
  };
  const kind = poolNow().kind;
  const old = poolNow().members[1] as PoolMember;
  const change = (name: string, to: Partial<PoolMember>) =>
    set({ members: poolNow().members.map((one) => (one.name === name ? { ...one, ...to } : one)) });
  const keeper: FakeKeeper = {
    ...{ did: [], auto: false, foreign: false, speed: 0.34, thin: false, full: false, worn: false },
    bay: isController(kind) ? { serial: oldSerial, state: "Onln" } : undefined,
    pool: poolNow,
    set,
    member: (name) => poolNow().members.find((one) => one.name === name),
    pull: () => {
      keeper.bay = undefined;
      if (!isController(kind)) host.world = pullDisk(host.world, oldSerial);
      if (kind === "zfs" || kind === "megaraid") return;
      change(old.name, { state: kind === "hpe" ? "failed" : "missing", said: "Failed" });
      set({ state: "degraded", redundancyLeft: 0, said: kind === "hpe" ? "Interim Recovery Mode" : "1 missing" });
    },
    insert: (serial = newSerial) => {
      if (!isController(kind)) return host.insert({ name: "sdc", serial });
      keeper.bay = { serial, state: keeper.foreign ? "UGood F" : "UGood" };
      if (keeper.auto && !keeper.foreign) fill(serial);
    },
  };
  const fill = (serial: string, name = old.name) => {
    if (keeper.bay) keeper.bay = { serial, state: "Rbld" };
    const others = poolNow().members.filter((one) => one.name !== name && one.state !== "missing");
    const filled: PoolMember = { ...old, name, serial, state: "rebuilding", said: "being filled" };
    set({ members: [...others, filled], state: "rebuilding", rebuild: { completed: 0 } });
  };
  const deeds: Readonly<Record<string, (words: readonly string[]) => { exitCode: number; stdout: string }>> = {
    z_leave: ([, guid = ""]) => {
      if (keeper.member(guid)?.state === "missing") return ok("absent");
      change(guid, { state: "missing", said: "OFFLINE" });
      set({ state: "degraded", redundancyLeft: poolNow().redundancyLeft - 1, said: "DEGRADED" });
      return ok(`offlined ${guid}`);
    },
    z_back: ([, guid = ""]) => {
      change(guid, { state: "ok", said: "ONLINE" });
      set({ state: "ok", redundancyLeft: 1, said: "ONLINE" });
      return ok(`onlined ${guid}`);
    },
    z_join: ([, , serial = ""]) => joined(serial, "18000000000000009"),
    z_start: () => ok("none"),
    b_leave: () => ok(keeper.member(old.name)?.state === "missing" ? "absent" : "ready /dev/sdc"),
    b_join: ([, , serial = ""]) => joined(serial, old.name),
    b_finish: () => {
      if (!keeper.thin) return ok("whole");
      keeper.thin = keeper.full;
      return ok("balancing -dconvert=raid1,soft");
    },
    m_leave: () => {
      if (keeper.bay?.state === "UGood") return ok("out");
      keeper.bay = { serial: oldSerial, state: "UGood" };
      const place: PoolMember = { name: "/c0 dg=0 array=0 row=1", state: "missing", said: "Msng" };
      const members = poolNow().members.map((one) => (one.name === old.name ? place : one));
      set({ members, state: "degraded", said: "Dgrd", redundancyLeft: 0 });
      return ok("out /c0/e252/s2");
    },
    m_join: ([, path = "", , mayErase]) => {
      const drive = keeper.bay;
      if (!drive) return refuse(`no-disk nothing is in ${path}: `);
      if (drive.serial === oldSerial) return refuse(`same-disk in ${path} is the old disk again`);
      if (drive.state.endsWith("F") && mayErase !== "yes") return refuse(`disk-not-blank ${path} holds another's`);
      if (drive.state === "UBad") return refuse(`disk-bad the controller calls ${path} bad`);
      if (drive.state !== "Rbld") fill(drive.serial);
      return ok(`Rbld ${path}`);
    },
    h_leave: () => ok("ready 1I:1:2"),
    h_join: () =>
      poolNow().state === "rebuilding" || poolNow().state === "ok"
        ? ok("Rebuilding, Recovering")
        : refuse('not-rebuilding the logical drive 1 is "Interim Recovery Mode"'),
    look: () => ok(keeper.bay ? `drive "${keeper.bay.state}" ${keeper.bay.serial}` : "empty"),
    m_light: () => ok("led controller"),
    h_light: () => ok("led controller"),
    locate_set: () => ok("led enclosure"),
    p_show: () => ok("made"),
  };
  const joined = (serial: string, name: string) => {
    if (poolNow().members.some((one) => one.serial === serial)) return ok("already");
    set({ members: poolNow().members.filter((one) => one.name !== old.name) });
    fill(serial, name);
    return ok(`replacing ${name}`);
  };
  const whole = () => {
    const { rebuild: _rebuild, ...rest } = poolNow();
    const left = rest.members.length > 2 && rest.level === "raidz2" ? 2 : 1;
    const members = rest.members.map((one): PoolMember => ({ ...one, state: "ok", said: "ONLINE" }));
    const well = { ...rest, members, state: "ok", said: names[kind].said, redundancyLeft: left } as const;
    const errors = members.map((one, at) => (at === 0 && keeper.worn ? { ...one, checksumErrors: 3 } : one));
    const thin = keeper.thin
      ? ({ state: "degraded", redundancyLeft: 0, said: "part of it has one copy" } as const)
      : {};
    host.world = { ...host.world, pools: [{ ...well, members: errors, ...thin }] };
  };
  host.keeper = {
    deed: (script) => {
      const [name = "", ...words] = callIn(script);
      const deed = deeds[name];
      if (!deed) throw new Error(`nobody knows ${name}`);
      const done = deed(words);
      if (!/light|look|locate/.test(name)) keeper.did.push([name, ...words].join(" "));
      return done;
    },
    advance: () => {
      const { rebuild, state, said } = poolNow();
      if (!rebuild) {
        if (state === "degraded" && said.includes("one copy") && !keeper.thin) whole();
        return;
      }
      const completed = (rebuild.completed ?? 0) + keeper.speed;
      if (completed >= 1) whole();
      else set({ rebuild: { completed } });
    },
  };
  return keeper;
}
