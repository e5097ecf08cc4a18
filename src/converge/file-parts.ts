import type { Change, Seen } from "./resource.ts";
import type { Step } from "./step.ts";
import { call, chunk } from "./words.ts";
import { attributes, diffFile, digestOf, readFiles, stepsOfFile, type WrittenFile } from "./written-file.ts";

/** One of the files that make up a resource, such as the unit and the timer of a timer. */
export interface FilePart {
  /** One word; changes are told under it. */
  readonly name: string;
  readonly file: WrittenFile;
}

export interface NumberedParts {
  readonly id: number;
  readonly parts: readonly FilePart[];
}

/** Two processes for the files of many items as long as nothing differs. Keys come with the part's name before them. */
export function readParts(items: readonly NumberedParts[]): string {
  const all = items.flatMap(({ id, parts }) => parts.map(({ name, file }) => ({ id, name, file })));
  const gone = all.filter(({ file }) => file.ensure === "absent");
  const there = all.filter(({ file }) => file.ensure === "present");
  const each = (some: typeof all) =>
    some.flatMap(({ id, name, file }) => [`part=${name}.`, readFiles([{ id, file }])]).join("\n");
  const groups = chunk(there, 200).map((group) => {
    const paths = group.map(({ file }) => file.path);
    const digests = group.map(({ file }) => `${digestOf(file)}  ${file.path}`).join("\n");
    const stats = group.map(({ file }) => attributes(file)).join("\n");
    return `if ! { ${call("same_digests", digests, ...paths)} && ${call("same_stats", stats, ...paths)}; }; then\n${each(group)}\nfi`;
  });
  return [each(gone), ...groups, "part="].filter(Boolean).join("\n");
}

/** What was seen of one part, under the keys of a file alone. */
const ownOf = (name: string, seen: Seen): Seen =>
  new Map(
    [...seen].flatMap(([key, value]) => (key.startsWith(`${name}.`) ? [[key.slice(name.length + 1), value]] : [])),
  );

export const diffParts = (parts: readonly FilePart[], seen: Seen): Change[] =>
  parts.flatMap(({ name, file }) =>
    diffFile(file, ownOf(name, seen)).map((change) => ({
      ...change,
      property: change.property === "ensure" || change.property === "content" ? name : `${name} ${change.property}`,
    })),
  );

/** Only for the parts that differ. */
export const stepsOfParts = (parts: readonly FilePart[], seen: Seen): Step[] =>
  parts.flatMap(({ name, file }) => (ownOf(name, seen).size > 0 ? stepsOfFile(file) : []));
