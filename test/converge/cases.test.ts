import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { z } from "zod";
import type { Change, Item } from "../../src/converge/resource.ts";
import { resourceTypes } from "../../src/converge/resources/list.ts";
import { Secret } from "../../src/secret.ts";

/** Each resource type's cases, as data: what is wanted, what the host told, what follows from it. */
const caseSchema = z.strictObject({
  says: z.string(),
  /** `{"secret": "hunter2"}` stands for a secret. */
  desired: z.record(z.string(), z.unknown()),
  /** What the host told; nothing when there is no difference. */
  seen: z.record(z.string(), z.string()).optional(),
  outlook: z
    .strictObject({
      restart: z.boolean().default(false),
      reload: z.boolean().default(false),
      changing: z.array(z.string()).default([]),
    })
    .optional(),
  /** `property: from → to`, or `property: to`; `(unknown)` behind it where it can't be known. */
  changes: z.array(z.string()).optional(),
  steps: z.array(z.record(z.string(), z.unknown())).optional(),
  /** A part of what the schema says against it. */
  refused: z.string().optional(),
});

const folder = join(import.meta.dirname, "cases");

const revive = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(revive);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  if (entries.length === 1 && entries[0]?.[0] === "secret") return new Secret(String(entries[0][1]));
  return Object.fromEntries(entries.map(([key, inner]) => [key, revive(inner)]));
};

/** As a test can compare it: secrets by what they hold. */
const open = (value: unknown): unknown => {
  if (value instanceof Secret) return { secret: value.reveal() };
  if (Array.isArray(value)) return value.map(open);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, open(inner)]));
};

const write = ({ property, from, to, unknown }: Change) =>
  `${property}: ${from === undefined ? to : `${from} → ${to}`}${unknown ? " (unknown)" : ""}`;

for (const type of resourceTypes) {
  const file = join(folder, `${type.name}.json`);
  test(`${type.name} has cases`, (t) => t.true(existsSync(file), `test/converge/cases/${type.name}.json is missing`));
  if (!existsSync(file)) continue;
  for (const one of z
    .array(caseSchema)
    .min(2)
    .parse(JSON.parse(readFileSync(file, "utf8")))) {
    test(`${type.name}: ${one.says}`, (t) => {
      const parsed = type.schema.safeParse(revive(one.desired));
      if (one.refused !== undefined) {
        t.true(parsed.error?.message.includes(one.refused), parsed.error?.message ?? "it was taken");
        return;
      }
      if (!parsed.success) return t.fail(parsed.error.message);
      const desired = parsed.data;
      const inputs = { restart: "R", reload: "L" };
      const title = String(one.desired[type.titleKey]);
      const item = {
        id: 1,
        reference: "",
        type: type.name,
        title,
        role: "r",
        declared: { file: "f" },
        desired,
        inputs,
      };
      const seen = new Map(Object.entries(one.seen ?? {}));
      const outlook = { restart: false, reload: false, changing: [], ...one.outlook };
      t.deepEqual(type.diff(item as Item, seen, outlook).map(write), one.changes ?? []);
      t.false(
        JSON.stringify([type.diff(item as Item, seen, outlook), type.steps(item as Item, seen)]).includes("hunter2"),
      );
      if (one.steps) t.deepEqual(open(type.steps(item as Item, seen)) as unknown[], one.steps);
    });
  }
}

test("every file of cases belongs to a type", (t) => {
  const names = resourceTypes.map(({ name }) => `${name}.json`);
  t.deepEqual(
    readdirSync(folder).filter((name) => !names.includes(name)),
    [],
  );
});
