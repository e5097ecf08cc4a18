import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { z } from "zod";
import { formatPlace, type Place, type ProvisionError } from "../errors.ts";
import { checkAddresses } from "./checks/addresses.ts";
import { checkNodeProfile, checkProfile } from "./checks/profiles.ts";
import { checkRoles, type KnownRole } from "./checks/roles.ts";
import { checkSite } from "./checks/site.ts";
import { checkSelectors } from "./checks/storage.ts";
import { checkUniqueness } from "./checks/uniqueness.ts";
import { parseYaml } from "./document.ts";
import { type Conflict, type Draft, type Drafts, salvage } from "./draft.ts";
import { fail } from "./errors.ts";
import { schemaIssues } from "./issues.ts";
import type { Path } from "./places.ts";
import {
  hostLabel,
  type Inventory,
  type Node,
  nodeSchema,
  type Profile,
  profileSchema,
  type Site,
  siteSchema,
} from "./schema.ts";

export interface LoadOptions {
  /** The roles there are, with their checks; without it roles aren't checked at all. */
  readonly roles?: readonly KnownRole[];
}

/** Where in the files a value of the inventory was written. */
export interface Places {
  site(path: Path): Place;
  /** For instance `node("web01", ["roles", "varnish", "backends", 0])`. */
  node(name: string, path: Path): Place;
  profile(name: string, path: Path): Place;
}

export type LoadResult =
  | { readonly kind: "loaded"; readonly inventory: Inventory; readonly places: Places }
  | { readonly kind: "invalid"; readonly problems: readonly ProvisionError[] };

/**
 * Reads `site.yaml`, `nodes/*.yaml` and `profiles/*.yaml` of a folder and checks them, each by itself and against each
 * other. Reports every problem there is, each with file, line and column; paths are shown below `folder` as given.
 */
export function loadInventory(folder: string, options: LoadOptions = {}): LoadResult {
  const problems: ProvisionError[] = [];
  const site = readOne(join(folder, "site.yaml"), siteSchema, problems);
  const nodes = readAll(join(folder, "nodes"), nodeSchema, problems);
  const profiles = readAll(join(folder, "profiles"), profileSchema, problems);
  const drafts = { site, nodes: nodes.drafts, profiles: profiles.drafts, brokenProfiles: profiles.broken } as Drafts;
  problems.push(...crossChecks(drafts, options).map(toError));
  if (problems.length > 0 || !site) return { kind: "invalid", problems: sorted(problems) };
  return { kind: "loaded", inventory: assemble(folder, drafts), places: placesOf(drafts) };
}

/** The inventory, or one error: the only problem itself, or `inventory-invalid` with all of them in its sentence. */
export function requireInventory(result: LoadResult): { readonly inventory: Inventory; readonly places: Places } {
  if (result.kind === "loaded") return result;
  const [first, ...more] = result.problems;
  if (first && more.length === 0) throw first;
  const text = result.problems
    .map((one) => `  ${one.place ? `${formatPlace(one.place)}: ` : ""}${one.message}. ${one.hint}`)
    .join("\n");
  throw fail("inventory-invalid", { count: result.problems.length, text }, { cause: result.problems });
}

type ObjectSchema = z.ZodObject<z.ZodRawShape>;

function readOne(file: string, schema: ObjectSchema, problems: ProvisionError[]): Draft<unknown> | undefined {
  const text = readText(file, problems);
  if (text === undefined) return undefined;
  const parsed = parseYaml(file, text);
  problems.push(...parsed.problems);
  if (parsed.kind === "broken") return undefined;
  const { document } = parsed;
  const issues = schemaIssues(schema, document.value);
  problems.push(...issues.map((issue) => toError({ ...issue, document })));
  const whole = issues.length === 0;
  const value = whole ? schema.parse(document.value) : salvage(schema, document.value);
  return { name: basename(file, ".yaml"), document, value, whole };
}

function readText(file: string, problems: ProvisionError[]): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (thrown) {
    problems.push(unreadable(file, thrown));
    return undefined;
  }
}

function unreadable(path: string, thrown: unknown): ProvisionError {
  const reason = (thrown as NodeJS.ErrnoException).code ?? String(thrown);
  const options = { place: { file: path }, cause: thrown };
  return reason === "ENOENT"
    ? fail("inventory-missing", { path }, options)
    : fail("inventory-unreadable", { path, reason }, options);
}

function readAll(folder: string, schema: ObjectSchema, problems: ProvisionError[]) {
  const drafts: Draft<unknown>[] = [];
  const broken: string[] = [];
  for (const entry of list(folder, problems)) {
    const file = join(folder, entry);
    const name = basename(entry, ".yaml");
    if (!entry.endsWith(".yaml") || !hostLabel.safeParse(name).success) {
      problems.push(fail("inventory-file-name", { what: `${entry} is no name of a file here` }, { place: { file } }));
      continue;
    }
    const draft = readOne(file, schema, problems);
    if (draft) drafts.push(draft);
    else broken.push(name);
  }
  return { drafts, broken };
}

/** Editors' and systems' own files (`.web01.yaml.swp`, `web01.yaml~`) are passed over. */
function list(folder: string, problems: ProvisionError[]): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => !name.startsWith(".") && !name.endsWith("~"))
      .toSorted();
  } catch (thrown) {
    problems.push(unreadable(folder, thrown));
    return [];
  }
}

function crossChecks(drafts: Drafts, { roles }: LoadOptions): readonly Conflict[] {
  const { site, nodes, profiles } = drafts;
  const offered = site?.value.packages?.repositories;
  return [
    ...(site ? checkSite(site) : []),
    ...profiles.flatMap((profile) => checkProfile(profile, offered && Object.keys(offered))),
    ...checkUniqueness(nodes),
    ...nodes.flatMap((node) => [
      ...(site ? checkAddresses(node, site) : []),
      ...checkSelectors(node),
      ...checkNodeProfile(node, drafts),
      ...(roles ? checkRoles(node, roles) : []),
    ]),
  ];
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
function assemble(root: string, { site, nodes, profiles }: Drafts): Inventory {
  return {
    root,
    site: site?.value as Site,
    nodes: new Map(nodes.map(({ name, value }) => [name, { ...(value as Node), name }])),
    profiles: new Map(profiles.map(({ name, value }) => [name, value as Profile])),
  };
}

function placesOf({ site, nodes, profiles }: Drafts): Places {
  const within = (drafts: readonly Draft<unknown>[]) => (name: string, path: Path) => {
    const draft = drafts.find((one) => one.name === name);
    return draft ? draft.document.placeOf(path) : { file: name };
  };
  return {
    site: (path) => (site ? site.document.placeOf(path) : { file: "site.yaml" }),
    node: within(nodes),
    profile: within(profiles),
  };
}
