import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../clock.ts";
import type { Shell } from "../../transport/shell.ts";
import { groupFolder, removeGroup } from "./cgroup.ts";
import { must } from "./must.ts";

/** Where a lab keeps its things; its name holds the pid of its owner. */
export interface LabPlace {
  readonly name: string;
  /** Overlays; on disk. */
  readonly folder: string;
  /** Sockets and logs; their paths must be short (unix(7): 108 bytes). */
  readonly socketFolder: string;
}

export interface Folders {
  readonly cacheDir: string;
  readonly runDir: string;
}

const prefix = "provision-test-";
const labsIn = ({ cacheDir }: Folders) => join(cacheDir, "containers/labs");

export function placeOf(name: string, folders: Folders): LabPlace {
  return { name, folder: join(labsIn(folders), name), socketFolder: join(folders.runDir, name) };
}

const chanceBytes = 2;

/** Nobody else's: pid and chance. */
export const newLabName = (clock: Clock) =>
  `${prefix}${process.pid}-${Buffer.from(clock.randomBytes(chanceBytes)).toString("hex")}`;

const keptMark = (folder: string) => join(folder, "kept");

export function makePlace(place: LabPlace): void {
  for (const folder of [place.folder, place.socketFolder]) mkdirSync(folder, { recursive: true, mode: 0o700 });
}

/** From now on only {@link removeKept} takes it down. */
export const keep = ({ socketFolder }: LabPlace) => writeFileSync(keptMark(socketFolder), "");

/** Takes down what was left by runs that were killed. */
export async function sweep(folders: Folders, tools: { shell: Shell; clock: Clock }): Promise<void> {
  for (const place of labs(folders)) {
    const owner = Number(place.name.slice(prefix.length).split("-")[0]);
    if (!isOurKind(owner) && !existsSync(keptMark(place.socketFolder))) await removeLab(place, tools);
  }
}

/** Takes down the labs that were kept, and says their names. */
export async function removeKept(folders: Folders, tools: { shell: Shell; clock: Clock }): Promise<readonly string[]> {
  const kept = labs(folders).filter(({ socketFolder }) => existsSync(keptMark(socketFolder)));
  for (const place of kept) await removeLab(place, tools);
  return kept.map(({ name }) => name);
}

const labs = (folders: Folders) =>
  [...new Set([labsIn(folders), folders.runDir].flatMap(namesIn))].map((name) => placeOf(name, folders));

const namesIn = (folder: string) =>
  existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith(prefix)) : [];

/** Does a Node process of that number live? Numbers are given again, to whatever comes. */
function isOurKind(pid: number): boolean {
  try {
    return /node/.test(readFileSync(`/proc/${pid}/cmdline`, "utf8"));
  } catch {
    return false;
  }
}

/** Everything of a lab, in whatever state it was left: processes, mounts, namespaces, files. */
export async function removeLab(place: LabPlace, { shell, clock }: { shell: Shell; clock: Clock }): Promise<void> {
  const { name, folder, socketFolder } = place;
  await removeGroup(groupFolder(name), clock);
  for (const mount of mountsBelow(folder)) await must(shell, `unmounting ${mount}`, { argv: ["umount", mount] });
  for (const namespace of namespacesOf(name)) {
    await must(shell, `removing ${namespace}`, { argv: ["ip", "netns", "delete", namespace] });
  }
  for (const one of [folder, socketFolder]) rmSync(one, { recursive: true, force: true });
}

/** Innermost first. proc_pid_mounts(5) writes blanks as \040. */
const mountsBelow = (folder: string) =>
  readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => (line.split(" ")[1] ?? "").replaceAll("\\040", " "))
    .filter((path) => path === folder || path.startsWith(`${folder}/`))
    .reverse();

const namespacesOf = (lab: string) =>
  existsSync("/run/netns")
    ? readdirSync("/run/netns").filter((name) => name === lab || name.startsWith(`${lab}-`))
    : [];
