import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { ProvisionError } from "../errors.ts";
import type { Secret } from "../secret.ts";
import { parseYaml, type YamlDocument } from "./document.ts";
import { fail } from "./errors.ts";
import { hostLabel } from "./schema.ts";
import { type SealedSecret, sealedIn, withOpened } from "./sealed.ts";

/** A file that was read as YAML, not yet as what it should be. */
export interface InventoryFile {
  /** Without folder and ending. */
  readonly name: string;
  readonly text: string;
  readonly document: YamlDocument;
}

export interface FilesOfKind {
  readonly files: readonly InventoryFile[];
  /** Names of those that are there and aren't YAML. */
  readonly broken: readonly string[];
}

/** A folder's `site.yaml`, `nodes/`, `profiles/` and `groups/`. */
export interface InventoryFiles {
  readonly root: string;
  readonly site: InventoryFile | undefined;
  readonly nodes: FilesOfKind;
  readonly profiles: FilesOfKind;
  /** `undefined`: there is no such folder, and there need not be. */
  readonly groups: FilesOfKind | undefined;
  /** What can't be read, isn't YAML or has a wrong name. */
  readonly problems: readonly ProvisionError[];
}

/** Reads and parses an inventory's files. Paths in places are below `root` as given. Never throws for what is in them. */
export function readInventory(root: string): InventoryFiles {
  const problems: ProvisionError[] = [];
  const folder = (kind: string, mayLack = false) => readFolder(join(root, kind), problems, mayLack);
  return {
    root,
    site: readOne(join(root, "site.yaml"), problems),
    nodes: folder("nodes") ?? none,
    profiles: folder("profiles") ?? none,
    groups: folder("groups", true),
    problems,
  };
}

const none: FilesOfKind = { files: [], broken: [] };

/** Every file, in the order in which an operator would look. */
export const allFiles = ({ site, groups, nodes, profiles }: InventoryFiles): readonly InventoryFile[] => [
  ...(site ? [site] : []),
  ...[groups ?? none, nodes, profiles].flatMap(({ files }) => files),
];

/** All `!secret`s, still sealed. */
export const sealedSecrets = (files: InventoryFiles): readonly SealedSecret[] =>
  allFiles(files).flatMap(({ document }) => sealedIn(document.value));

/** The same files with those secrets opened. */
export function openedFiles(files: InventoryFiles, opened: ReadonlyMap<Secret, Secret>): InventoryFiles {
  const openOne = (file: InventoryFile) => {
    const { document } = file;
    return { ...file, document: { ...document, value: withOpened(document.value, opened) } };
  };
  const openAll = (kind: FilesOfKind) => ({ ...kind, files: kind.files.map(openOne) });
  return {
    ...files,
    site: files.site && openOne(files.site),
    nodes: openAll(files.nodes),
    profiles: openAll(files.profiles),
    groups: files.groups && openAll(files.groups),
  };
}

function readOne(file: string, problems: ProvisionError[]): InventoryFile | undefined {
  const text = readText(file, problems);
  if (text === undefined) return undefined;
  const parsed = parseYaml(file, text);
  problems.push(...parsed.problems);
  return parsed.kind === "broken" ? undefined : { name: basename(file, ".yaml"), text, document: parsed.document };
}

function readText(file: string, problems: ProvisionError[]): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (thrown) {
    problems.push(unreadable(file, thrown));
    return undefined;
  }
}

const reasonOf = (thrown: unknown) => (thrown as NodeJS.ErrnoException).code ?? String(thrown);

function unreadable(path: string, thrown: unknown): ProvisionError {
  const reason = reasonOf(thrown);
  const options = { place: { file: path }, cause: thrown };
  return reason === "ENOENT"
    ? fail("inventory-missing", { path }, options)
    : fail("inventory-unreadable", { path, reason }, options);
}

function readFolder(folder: string, problems: ProvisionError[], mayLack: boolean): FilesOfKind | undefined {
  const entries = list(folder, problems, mayLack);
  if (!entries) return undefined;
  const files: InventoryFile[] = [];
  const broken: string[] = [];
  for (const entry of entries) {
    const file = join(folder, entry);
    const name = basename(entry, ".yaml");
    if (!entry.endsWith(".yaml") || !hostLabel.safeParse(name).success) {
      problems.push(fail("inventory-file-name", { what: `${entry} is no name of a file here` }, { place: { file } }));
      continue;
    }
    const found = readOne(file, problems);
    if (found) files.push(found);
    else broken.push(name);
  }
  return { files, broken };
}

/** Editors' and systems' own files (`.web01.yaml.swp`, `web01.yaml~`) are passed over. */
function list(folder: string, problems: ProvisionError[], mayLack: boolean): readonly string[] | undefined {
  try {
    return readdirSync(folder)
      .filter((name) => !name.startsWith(".") && !name.endsWith("~"))
      .toSorted();
  } catch (thrown) {
    if (!(mayLack && reasonOf(thrown) === "ENOENT")) problems.push(unreadable(folder, thrown));
    return undefined;
  }
}
