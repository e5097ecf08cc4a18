import { z } from "zod";
import { Secret } from "../../secret.ts";
import { declare } from "../declare.ts";
import { defineType, type Item, type LoadFile, type Seen } from "../resource.ts";
import { absolutePath, foldersAbove } from "../words.ts";
import { type Content, diffFile, fileProperties, readFiles, stepsOfFile } from "../written-file.ts";

const schema = z
  .strictObject({
    path: absolutePath.describe("Where it lies"),
    content: z
      .union([
        z.string(),
        z.instanceof(Secret),
        z.custom<Uint8Array>((given) => given instanceof Uint8Array, "must be text, a secret or bytes"),
      ])
      .optional()
      .describe("All that it holds: text, a secret, or bytes"),
    source: z
      .string()
      .regex(
        /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/,
        "must be a name in the role's folder files/",
      )
      .optional()
      .describe("Instead of `content`: the file of this name in the role's folder `files/`, byte for byte"),
    ...fileProperties,
  })
  .refine(
    ({ content, source, ensure }) => [content, source].filter((one) => one !== undefined).length === howMany[ensure],
    "a present file has content or a source, an absent one neither",
  );

const howMany = { present: 1, absent: 0 } as const;

type File = z.output<typeof schema>;

/** Bytes that are text are taken as text, so that a plan can show what changes in them. */
function contentOf(bytes: Uint8Array): Content {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return text.includes("\0") ? bytes : text;
  } catch {
    return bytes;
  }
}

const resolve = ({ source, ...desired }: File, load: LoadFile): File =>
  source === undefined ? desired : { ...desired, content: contentOf(load(source)) };

export const fileType = defineType({
  name: "file",
  summary: "A regular file with its content, mode, owner and group.",
  example: 'file("/etc/motd", { content: "web01\\n", mode: "0644" })',
  schema,
  titleKey: "path",
  read: (items: readonly Item<File>[]) => readFiles(items.map(({ id, desired }) => ({ id, file: desired }))),
  diff: ({ desired }: Item<File>, seen: Seen) => diffFile(desired, seen),
  steps: ({ desired }: Item<File>) => stepsOfFile(desired),
  resolve: (desired, _, load) => resolve(desired, load),
  autoRequire: ({ path, owner, group, ensure }) =>
    ensure === "absent" ? [] : [...foldersAbove(path), `user[${owner}]`, `group[${group}]`],
  claims: ({ path }) => ({ whole: [`path:${path}`] }),
  absent: ({ path }) => ({ path, ensure: "absent" }),
});

/** A regular file: `file("/etc/motd", { content: "…", mode: "0644", validate: ["visudo", "-cf", "%"] })`. */
export const file = declare({ name: "file", schema, titleKey: "path" });
