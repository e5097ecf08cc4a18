import { chmodSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fail } from "./errors.ts";
import { marker } from "./files.ts";

/**
 * Makes a folder that is the rack's alone, readable by nobody else; its marker remembers which parents were made for it.
 * @returns whether it is new
 * @throws `rack-folder-taken` when there is one with somebody else's files
 */
export function makeOwnFolder(folder: string): boolean {
  const made = makeFolder(folder);
  if (made.length === 0) {
    if (isOwn(folder)) return false;
    if (readdirSync(folder).length > 0) throw fail("rack-folder-taken", { folder });
  }
  chmodSync(folder, 0o700);
  writeFileSync(`${folder}/${marker}`, JSON.stringify(made));
  return true;
}

/** Makes a folder and its parents. @returns those that were not there, the deepest first */
export function makeFolder(folder: string): string[] {
  const first = mkdirSync(folder, { recursive: true });
  const made: string[] = [];
  for (let path = folder; first && path.length >= first.length; path = dirname(path)) made.push(path);
  return made;
}

/** Adds to what goes with this folder. */
export function rememberMade(folder: string, made: readonly string[]): void {
  writeFileSync(`${folder}/${marker}`, JSON.stringify([...new Set([...readMade(folder), ...made])]));
}

/** Removes folders that a rack made, with all that is in them, and then the parents made for them that are empty now. */
export function removeOwnFolders(folders: readonly string[]): void {
  const own = folders.filter(isOwn);
  const made = own.flatMap(readMade);
  for (const folder of own) rmSync(folder, { recursive: true, force: true });
  for (const path of made.sort((a, b) => b.length - a.length)) removeIfEmpty(path);
}

const isOwn = (folder: string) => statSync(`${folder}/${marker}`, { throwIfNoEntry: false }) !== undefined;

/** The folders that were made together with this one, as far as they are written down. */
export function readMade(folder: string): string[] {
  try {
    return JSON.parse(readFileSync(`${folder}/${marker}`, "utf8")) as string[];
  } catch {
    return [];
  }
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // It is gone already, or others keep something there by now.
  }
}
