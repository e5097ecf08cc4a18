import type { Block } from "../../disks.ts";
import type { Backup, Carried, ProbeReport } from "../probes/probe.ts";
import type { World } from "../world.ts";

/** Something whose loss would hurt, and the word by which a backup covers it: `/srv`, `mariadb`, `guest:web7`. */
export interface Precious {
  readonly word: string;
  /** Other places where the very same files are seen: bind mounts. */
  readonly also: readonly string[];
  readonly label: string;
}

/** Filled again from packages and by the boot loader's installer: the swap's own steps see to them. */
const rebuilt = /^\/(?:boot|boot\/efi|efi|boot\/firmware)$/;
const memory = /^(?:tmpfs|ramfs|squashfs|iso9660|overlay|erofs)$/;

/** Every mounted filesystem, database, guest and volume of the host. */
export function preciousOf(world: World, probes: readonly ProbeReport[]): readonly Precious[] {
  const found = [...world.blocks.flatMap(filesOf), ...probes.flatMap(carriedBy).flatMap(wordOf)];
  return [...new Map(found.map((one) => [one.word, one])).values()];
}

/** A btrfs's mount points are subvolumes, each with files of its own; another's are the same files again. */
function filesOf({ content, type, mountPoints }: Block): readonly Precious[] {
  if (type === "rom" || type === "loop" || memory.test(content ?? "")) return [];
  const mounts = mountPoints
    .filter((mount) => mount.startsWith("/") && !rebuilt.test(mount))
    .map(withoutSlash)
    .sort((left, right) => left.length - right.length);
  const named = mounts.map((word) => ({ word, also: [], label: `filesystem ${word}` }));
  const [first, ...also] = named;
  if (content === "btrfs" || !first) return named;
  return [{ ...first, also: also.map(({ word }) => word) }];
}

/** What a probe found, if it could tell. */
export function carriedBy(report: ProbeReport): readonly Carried[] {
  return report.state === "present" ? (report.carried ?? []) : [];
}

/** A cluster's member is no data of its own; its database, if it has one, is carried beside it. */
function wordOf({ kind, name }: Carried): readonly Precious[] {
  if (kind === "cluster") return [];
  if (kind === "guest") return [{ word: `guest:${name}`, label: `guest ${name}`, also: [] }];
  return [{ word: withoutSlash(name), label: `${kind} ${name}`, also: [] }];
}

/** Word by word: a backup of `/` that crosses no mount has nothing of `/srv`, and one of `/var` isn't one of `/`. */
export function covers(backup: Backup, { word, also }: Precious): boolean {
  const words = [word, ...also];
  return backup.covers.some((one) => words.includes(withoutSlash(one)));
}

const withoutSlash = (path: string) => (path.length > 1 ? path.replace(/\/+$/, "") : path);
