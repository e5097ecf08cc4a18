import type { Pool, PoolMember } from "../disks.ts";
import { given } from "./json-path.ts";
import { isWhole, least } from "./pool.ts";

/** A device of ZFS, or what several make together: zpoolconcepts(7). */
export interface Vdev {
  /** `mirror`, `raidz2`, `draid1`, `replacing`, `spare`; `disk` for a leaf. */
  readonly type: string;
  readonly guid: string;
  readonly state: string;
  readonly device?: string;
  readonly note?: string;
  readonly resilvering: boolean;
  readonly readErrors?: number;
  readonly writeErrors?: number;
  readonly checksumErrors?: number;
  readonly children: readonly Vdev[];
}

export interface ZfsPool {
  readonly name: string;
  readonly state: string;
  readonly status?: string;
  readonly dataErrors: boolean;
  /** What must be whole for the pool to live: ordinary ones, special ones, the table of duplicates. */
  readonly vital: readonly Vdev[];
  /** Its loss is not the pool's: logs. */
  readonly other: readonly Vdev[];
  readonly spares: readonly Vdev[];
  readonly rebuild?: Pool["rebuild"];
}

export function poolOf(pool: ZfsPool, serials: ReadonlyMap<string, string>): Pool {
  const tops = [...pool.vital, ...pool.other];
  const members = [
    ...tops.flatMap((top) => leavesOf(top).map((leaf) => memberOf(leaf, stateOf(leaf.vdev, leaf.isNew), serials))),
    ...pool.spares.map((vdev) => memberOf({ vdev, isNew: false }, "spare", serials)),
  ];
  const state = poolState(pool, members);
  const left = least(pool.vital.map(toleranceOf));
  return {
    kind: "zfs",
    name: pool.name,
    level: [...new Set(pool.vital.map(({ type }) => type))].join("+") || "none",
    state,
    said: [pool.state, pool.status, pool.dataErrors ? "it has lost data" : undefined].filter(Boolean).join("; "),
    redundancyLeft: state === "failed" || state === "unknown" ? 0 : left,
    ...given("rebuild", pool.rebuild),
    members,
  };
}

function poolState(pool: ZfsPool, members: readonly PoolMember[]): Pool["state"] {
  if (["FAULTED", "UNAVAIL", "CANT_OPEN", "SUSPENDED", "REMOVED", "OFFLINE"].includes(pool.state)) return "failed";
  if (pool.state !== "ONLINE" && pool.state !== "DEGRADED") return "unknown";
  if (pool.rebuild || members.some(({ state }) => state === "rebuilding")) return "rebuilding";
  const worn = members.some((member) => member.state !== "spare" && !isWhole(member));
  return pool.state === "DEGRADED" || pool.dataErrors || worn ? "degraded" : "ok";
}

interface Leaf {
  readonly vdev: Vdev;
  /** It takes another one's place and isn't filled yet, whatever its state says. */
  readonly isNew: boolean;
}

const leavesOf = (vdev: Vdev, isNew = false): readonly Leaf[] =>
  vdev.children.length === 0
    ? [{ vdev, isNew }]
    : vdev.children.flatMap((child, at) => leavesOf(child, isNew || (vdev.type === "replacing" && at > 0)));

function memberOf({ vdev }: Leaf, state: PoolMember["state"], serials: ReadonlyMap<string, string>): PoolMember {
  return {
    name: vdev.guid,
    ...given("device", vdev.device),
    ...given("serial", serials.get(vdev.device ?? "") ?? serialInName(vdev.device)),
    state,
    said: [vdev.state, vdev.note].filter(Boolean).join(", "),
    ...given("readErrors", vdev.readErrors),
    ...given("writeErrors", vdev.writeErrors),
    ...given("checksumErrors", vdev.checksumErrors),
  };
}

/** Of a disk that is gone: udev's `ata-MODEL_SERIAL`. Other kinds of names may hold the WWN in the serial's place. */
const serialInName = (device: string | undefined) => /\/ata-.*_([^_/]+?)(?:-part\d+)?$/.exec(device ?? "")?.[1];

/** `DEGRADED` of a leaf: it still serves, with more errors than ZFS bears. */
function stateOf(vdev: Vdev, isNew: boolean): PoolMember["state"] {
  switch (vdev.state) {
    case "ONLINE":
      return vdev.resilvering || isNew ? "rebuilding" : "ok";
    case "DEGRADED":
      return "predicted";
    case "FAULTED":
      return "failed";
    case "OFFLINE":
    case "REMOVED":
    case "UNAVAIL":
    case "CANT_OPEN":
      return "missing";
    default:
      return "unknown";
  }
}

/** Is everything on it, without help from its neighbours? */
function holdsAll(vdev: Vdev): boolean {
  if (vdev.children.length === 0) return vdev.state === "ONLINE" && !vdev.resilvering;
  const whole = vdev.children.filter(holdsAll);
  if (vdev.type === "replacing") return whole.includes(vdev.children[0] as Vdev);
  return vdev.type === "spare" || vdev.type === "mirror" ? whole.length > 0 : whole.length === vdev.children.length;
}

/** How many of its children may fail. raidz and draid carry their parity in the name: `raidz2`, `draid1`. */
function toleranceOf(top: Vdev): number {
  const whole = top.children.filter(holdsAll).length;
  if (top.type === "mirror") return whole - 1;
  const parity = /^(?:raidz|draid)(\d)/.exec(top.type)?.[1];
  return parity === undefined ? 0 : Number(parity) - (top.children.length - whole);
}
