import { elements, textOf } from "./xml.ts";

export interface Volume {
  readonly name: string;
  /** As gluster has it: `Replicate`, `Distributed-Replicate`, `Disperse`, `Distribute`. */
  readonly type: string;
  readonly started: boolean;
  /** Are files on several bricks, so that one can heal from others? */
  readonly heals: boolean;
  /** Bricks that hold the same files, or parts of them. */
  readonly sets: readonly (readonly Brick[])[];
  /** How many of a set may be away while the set still takes writes. */
  readonly spare: number;
  readonly bricks: readonly Brick[];
}

export interface Brick {
  /** `host:/path` */
  readonly name: string;
  /** On the host that was asked. */
  readonly own: boolean;
  readonly online: boolean;
  /** Absent: it couldn't be asked. `-`, or no number at all, isn't 0. */
  readonly pending?: number;
  readonly splitBrain?: number;
}

interface Answers {
  /** `volume info --xml`, `volume status --xml`, `volume heal … info summary --xml`. */
  readonly info: string;
  readonly status: string | undefined;
  readonly heal: string | undefined;
  /** UUID of the host that was asked. */
  readonly self: string;
}

/** A volume from what gluster said of it. Throws words for people where something is missing. */
export function volumeOf({ info, status, heal, self }: Answers): Volume {
  const volume = elements(info, "volume")[0]?.inner;
  const name = volume && textOf(volume, "name");
  const listed = elements(volume ?? "", "brick");
  if (volume === undefined || name === undefined || listed.length === 0)
    throw new Error("gluster's volume info has another shape");
  const number = (key: string) => Number(textOf(volume, key) ?? "0");
  const started = textOf(volume, "statusStr") === "Started";
  const [replicas, dispersed] = [number("replicaCount"), number("disperseCount")];
  const heals = replicas > 1 || dispersed > 0;
  if (started && (status === undefined || !isGood(status))) throw new Error(`${name}: ${failure(status)}`);
  if (started && heals && (heal === undefined || !isGood(heal))) throw new Error(`${name}: ${failure(heal)}`);
  const [online, healing] = [onlineOf(status ?? ""), healOf(heal ?? "")];
  const bricks = listed.map(({ inner }): Brick => {
    const brick = textOf(inner, "name") ?? "";
    return { name: brick, own: textOf(inner, "hostUuid") === self, online: online.has(brick), ...healing.get(brick) };
  });
  return {
    name,
    type: textOf(volume, "typeStr") ?? "unknown",
    started,
    heals,
    bricks,
    sets: chunks(bricks, heals ? Math.max(replicas, dispersed) : 1),
    spare: dispersed > 0 ? number("redundancyCount") : Math.max(1, Math.ceil(replicas / 2) - 1),
  };
}

const isGood = (xml: string) => textOf(xml, "opRet") === "0";
const failure = (xml: string | undefined) => (xml && textOf(xml, "opErrstr")) || "gluster gave no answer";

/** Daemons stand in the same list; only bricks have a path that begins with a slash. */
function onlineOf(status: string): ReadonlySet<string> {
  const up = elements(status, "node").filter(({ inner }) => textOf(inner, "status") === "1");
  return new Set(up.map(({ inner }) => `${textOf(inner, "hostname")}:${textOf(inner, "path")}`));
}

function healOf(heal: string): ReadonlyMap<string, Pick<Brick, "pending" | "splitBrain">> {
  const count = (inner: string, key: string) => {
    const text = textOf(inner, key) ?? "";
    return /^\d+$/.test(text) ? Number(text) : undefined;
  };
  return new Map(
    elements(heal, "brick").map(({ inner }) => {
      const [pending, splitBrain] = [count(inner, "totalNumberOfEntries"), count(inner, "numberOfEntriesInSplitBrain")];
      const known = textOf(inner, "status") === "Connected" && pending !== undefined && splitBrain !== undefined;
      return [textOf(inner, "name") ?? "", known ? { pending, splitBrain } : {}];
    }),
  );
}

const chunks = <T>(all: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, index) => all.slice(index * size, (index + 1) * size));
