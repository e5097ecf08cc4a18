import type { z } from "zod";
import { formatPlace, type Place, type ProvisionError } from "../errors.ts";
import { checkAddresses } from "./checks/addresses.ts";
import { checkBays } from "./checks/bays.ts";
import { checkGroups } from "./checks/groups.ts";
import { checkNodeProfile, checkProfile } from "./checks/profiles.ts";
import { checkLevel, checkNodesRoles, type KnownRole } from "./checks/roles.ts";
import { checkSite } from "./checks/site.ts";
import { checkSelectors } from "./checks/storage.ts";
import { checkUniqueness } from "./checks/uniqueness.ts";
import { type Conflict, type Draft, type Drafts, salvage } from "./draft.ts";
import { levelOf, levelsOfDraft, speaksOfRoles } from "./draft-levels.ts";
import { fail } from "./errors.ts";
import { type FilesOfKind, type InventoryFile, type InventoryFiles, readInventory } from "./files.ts";
import { schemaIssues } from "./issues.ts";
import type { RoleLevel } from "./levels.ts";
import type { Path } from "./places.ts";
import {
  type Group,
  groupSchema,
  type Inventory,
  type Node,
  nodeSchema,
  type Profile,
  profileSchema,
  type Site,
  siteSchema,
} from "./schema.ts";

export interface LoadOptions {
  /** The roles there are; without it roles aren't checked at all. */
  readonly roles?: readonly KnownRole[];
}

/** Where in the files a value of the inventory was written. */
export interface Places {
  site(path: Path): Place;
  /** For instance `node("web01", ["roles", "varnish", "backends", 0])`. */
  node(name: string, path: Path): Place;
  profile(name: string, path: Path): Place;
  group(name: string, path: Path): Place;
}

export interface Loaded {
  readonly kind: "loaded";
  readonly inventory: Inventory;
  readonly places: Places;
  /** What the site, its groups in their order and the node itself say of a node's roles; weakest first. */
  levels(node: string): readonly RoleLevel[];
}

export type LoadResult = Loaded | { readonly kind: "invalid"; readonly problems: readonly ProvisionError[] };

/**
 * Reads `site.yaml`, `nodes/*.yaml`, `profiles/*.yaml` and `groups/*.yaml` of a folder and checks them, each by itself and
 * against each other. Reports every problem there is, each with file, line and column; paths are shown below `folder` as
 * given. `!secret`s stay sealed: of them only the form is checked.
 */
export const loadInventory = (folder: string, options: LoadOptions = {}): LoadResult =>
  checkInventory(readInventory(folder), options);

/** The same for files that were read already, with their secrets opened perhaps. */
export function checkInventory(files: InventoryFiles, options: LoadOptions = {}): LoadResult {
  const problems: ProvisionError[] = [...files.problems];
  const drafts = draftsOf(files, problems);
  problems.push(...crossChecks(drafts, options).map(toError));
  if (problems.length > 0 || !drafts.site) return { kind: "invalid", problems: sorted(problems) };
  const levels = new Map(drafts.nodes.map((node) => [node.name, levelsOfDraft(drafts, node)]));
  return {
    kind: "loaded",
    inventory: assemble(files.root, drafts),
    places: placesOf(drafts),
    levels: (name) => levels.get(name) ?? [],
  };
}

/** The inventory, or one error: the only problem itself, or `inventory-invalid` with all of them in its sentence. */
export function requireInventory(result: LoadResult): Loaded {
  if (result.kind === "loaded") return result;
  const [first, ...more] = result.problems;
  if (first && more.length === 0) throw first;
  const text = result.problems
    .map((one) => `  ${one.place ? `${formatPlace(one.place)}: ` : ""}${one.message}. ${one.hint}`)
    .join("\n");
  throw fail("inventory-invalid", { count: result.problems.length, text }, { cause: result.problems });
}

type ObjectSchema = z.ZodObject<z.ZodRawShape>;

function draftsOf(files: InventoryFiles, problems: ProvisionError[]): Drafts {
  const all = ({ files: some }: FilesOfKind, schema: ObjectSchema) =>
    some.map((file) => draftOf(file, schema, problems));
  const { site, nodes, profiles, groups } = files;
  return {
    site: site && draftOf(site, siteSchema, problems),
    nodes: all(nodes, nodeSchema),
    profiles: all(profiles, profileSchema),
    groups: groups && all(groups, groupSchema),
    brokenProfiles: profiles.broken,
    brokenGroups: groups?.broken ?? [],
  } as Drafts;
}

function draftOf({ name, document }: InventoryFile, schema: ObjectSchema, problems: ProvisionError[]): Draft<unknown> {
  const issues = schemaIssues(schema, document.value);
  problems.push(...issues.map((issue) => toError({ ...issue, document })));
  const whole = issues.length === 0;
  const value = whole ? schema.parse(document.value) : salvage(schema, document.value);
  return { name, document, value: value as Partial<unknown>, whole };
}

function crossChecks(drafts: Drafts, { roles }: LoadOptions): readonly Conflict[] {
  const { site, nodes, profiles } = drafts;
  const offered = site?.value.packages?.repositories;
  return [
    ...(site ? checkSite(site) : []),
    ...profiles.flatMap((profile) => checkProfile(profile, offered && Object.keys(offered))),
    ...checkUniqueness(nodes),
    ...checkBays(nodes),
    ...checkGroups(drafts),
    ...nodes.flatMap((node) => [
      ...(site ? checkAddresses(node, site) : []),
      ...checkSelectors(node),
      ...checkNodeProfile(node, drafts),
    ]),
    ...(roles ? checkRoles(drafts, roles) : []),
  ];
}

function checkRoles(drafts: Drafts, known: readonly KnownRole[]): readonly Conflict[] {
  const { site, groups = [], nodes } = drafts;
  const levels = [
    ...(site ? [levelOf("site", site)] : []),
    ...groups.map((group) => levelOf("group", group)),
    ...nodes.map((node) => levelOf("node", node)),
  ];
  const clear = nodes.filter((node) => speaksOfRoles(drafts, node));
  const whole = clear.map((node) => ({ name: node.name, levels: levelsOfDraft(drafts, node) }));
  return [...levels.flatMap((level) => checkLevel(level, known)), ...checkNodesRoles(whole, known)];
}

function toError({ code, document, path, what, hint, at }: Conflict): ProvisionError {
  return fail(code, { what, hint }, { place: document.placeOf(path, at) });
}

const sorted = (problems: readonly ProvisionError[]) =>
  problems.toSorted((a, b) => {
    const [left, right] = [a.place, b.place];
    if (left?.file !== right?.file) return (left?.file ?? "") < (right?.file ?? "") ? -1 : 1;
    return (left?.line ?? 0) - (right?.line ?? 0) || (left?.column ?? 0) - (right?.column ?? 0);
  });

/** Only called when nothing is wrong: then every draft is whole. */
function assemble(root: string, { site, nodes, profiles, groups = [] }: Drafts): Inventory {
  return {
    root,
    site: site?.value as Site,
    nodes: new Map(nodes.map(({ name, value }) => [name, { ...(value as Node), name }])),
    profiles: new Map(profiles.map(({ name, value }) => [name, value as Profile])),
    groups: new Map(groups.map(({ name, value }) => [name, value as Group])),
  };
}

function placesOf({ site, nodes, profiles, groups = [] }: Drafts): Places {
  const within = (drafts: readonly Draft<unknown>[]) => (name: string, path: Path) => {
    const draft = drafts.find((one) => one.name === name);
    return draft ? draft.document.placeOf(path) : { file: name };
  };
  return {
    site: (path) => (site ? site.document.placeOf(path) : { file: "site.yaml" }),
    node: within(nodes),
    profile: within(profiles),
    group: within(groups),
  };
}
