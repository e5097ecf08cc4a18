import { z } from "zod";
import type { Place } from "../errors.ts";
import type { KnownRole } from "../inventory/checks/roles.ts";
import { findNode } from "../inventory/explain.ts";
import { assignedRoles, givenBy, type LevelKind, type RoleLevel } from "../inventory/levels.ts";
import { suggest } from "../inventory/nearest.ts";
import { defaultOf, masked, metaAt, shapeOf, valueAt } from "../inventory/schema-walk.ts";
import { fail } from "./parameter-errors.ts";
import { knownRoles } from "./roles.ts";
import { parseSettings, type Setting } from "./settings.ts";
import type { LoadedSite } from "./site.ts";

/** What one level says of a parameter; without a place it says nothing. */
export interface ExplainedLevel {
  readonly kind: LevelKind;
  /** The site's, group's or node's. */
  readonly name?: string;
  /** Secrets are `***`. */
  readonly value?: unknown;
  readonly place?: Place;
}

export interface ExplainedParameter {
  readonly role: string;
  readonly parameter: string;
  readonly description?: string | undefined;
  /** Weakest first. */
  readonly levels: readonly ExplainedLevel[];
  /** The strongest level that says something; none: it is optional, and nobody sets it. */
  readonly winner?: ExplainedLevel | undefined;
}

export interface Question {
  readonly node: string;
  /** `varnish.port`, or `varnish` for all of a role; none: all roles. */
  readonly parameter?: string | undefined;
  readonly set: readonly string[];
}

/**
 * Why a node's roles have the parameters that they have. Needs no secret opened.
 * @throws `inventory-unknown-node`, `parameter-unknown`, `setting-invalid`
 */
export function explainParameters(
  site: LoadedSite,
  { node, parameter, set }: Question,
  known: readonly KnownRole[] = knownRoles,
): readonly ExplainedParameter[] {
  findNode(site.inventory, node);
  const levels = site.levels(node);
  const roles = assignedRoles(levels);
  const settings = parseSettings(set, { node, assigned: roles.map(({ name }) => name), known });
  const all = roles.flatMap((assigned) => {
    const schema = known.find(({ name }) => name === assigned.name)?.parameters ?? z.strictObject({});
    return Object.keys(shapeOf(schema).shape).map((name) => {
      const own = settings.filter(({ role, parameter: one }) => role === assigned.name && one === name);
      return explainOne({ levels, schema, role: assigned.name, name, setting: own.at(-1) });
    });
  });
  return chosen(all, { node, parameter });
}

/** `varnish.port`, or `varnish`; a slip is told with the nearest. */
function chosen(
  all: readonly ExplainedParameter[],
  { node, parameter }: Pick<Question, "node" | "parameter">,
): readonly ExplainedParameter[] {
  if (parameter === undefined) return all;
  const found = all.filter((one) => parameter === one.role || parameter === `${one.role}.${one.parameter}`);
  if (found.length > 0) return found;
  const role = parameter.split(".")[0] ?? "";
  const ofRole = all.filter((one) => one.role === role);
  const names = ofRole.length > 0 ? ofRole.map((one) => `${role}.${one.parameter}`) : all.map((one) => one.role);
  const problem =
    ofRole.length > 0 ? `there is no parameter ${parameter}` : `${node} has no role ${JSON.stringify(role)}`;
  throw fail("parameter-unknown", { problem, advice: suggest(ofRole.length > 0 ? parameter : role, new Set(names)) });
}

interface Asked {
  readonly levels: readonly RoleLevel[];
  readonly schema: z.ZodType;
  readonly role: string;
  readonly name: string;
  readonly setting: Setting | undefined;
}

function explainOne(asked: Asked): ExplainedParameter {
  const { schema, role, name } = asked;
  const { description } = metaAt(schema, [name], {});
  const levels = chainOf(asked).map(
    (level): ExplainedLevel =>
      level.place ? { ...level, value: valueAt(masked(schema, { [name]: level.value }), [name]) } : level,
  );
  return { role, parameter: name, description, levels, winner: levels.findLast(({ place }) => place !== undefined) };
}

/** What each level says, as it was written. */
function chainOf({ levels, schema, role, name, setting }: Asked): readonly ExplainedLevel[] {
  const usual = defaultOf(shapeOf(schema).shape[name] as z.ZodType);
  return [
    { kind: "default", ...(usual ? { value: usual.value, place: { file: `roles/${role}/role.ts` } } : {}) },
    ...levels.map((level): ExplainedLevel => {
      const { kind, name: levelName } = level;
      const given = givenBy(level, role).find(([parameter]) => parameter === name)?.[1];
      const said = given ? { value: given.value, place: level.placeOf(given.path) } : {};
      return { kind, name: levelName, ...said };
    }),
    { kind: "command line", ...(setting ? { value: setting.value, place: setting.place } : {}) },
  ];
}
