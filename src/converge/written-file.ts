import { createHash } from "node:crypto";
import { z } from "zod";
import { Secret } from "../secret.ts";
import type { Change, Seen } from "./resource.ts";
import type { Step } from "./step.ts";
import { accountName, call, chunk, octalMode } from "./words.ts";

/** What several types come down to: one regular file, written whole. */
export interface WrittenFile {
  readonly path: string;
  readonly ensure: "present" | "absent";
  readonly content?: Content | undefined;
  /** Four octal digits. */
  readonly mode: string;
  readonly owner: string;
  readonly group: string;
  readonly validate?: readonly string[] | undefined;
}

/** Text, or bytes that aren't text. */
export type Content = string | Secret | Uint8Array;

/** The properties that every such type has. */
export const fileProperties = {
  ensure: z.enum(["present", "absent"]).default("present").describe("Whether it is there at all"),
  mode: octalMode.default("0644").describe("Permissions, four octal digits"),
  owner: accountName.default("root").describe("Account that owns it"),
  group: accountName.default("root").describe("Group that owns it"),
  validate: z
    .array(z.string())
    .refine((argv) => argv.some((word) => word.includes("%")), "must hold % where the new file's path goes")
    .optional()
    .describe("Command that must accept the new file before it takes its place; `%` stands for its path"),
};

const regularFile = 0o100000;
const textOf = (content: Content | undefined) => (content instanceof Secret ? content.reveal() : (content ?? ""));
export const digestOf = ({ content }: WrittenFile) => createHash("sha256").update(textOf(content)).digest("hex");
const rawMode = ({ mode }: WrittenFile) => (regularFile | Number.parseInt(mode, 8)).toString(16);
export const attributes = (file: WrittenFile) => `${rawMode(file)} ${file.owner} ${file.group}`;

/** As the host's shell is told it: an item's number and the file that it stands for. */
export interface NumberedFile {
  readonly id: number;
  readonly file: WrittenFile;
}

/** Two processes for many files as long as nothing differs; each differing group is then looked at one by one. */
export function readFiles(items: readonly NumberedFile[]): string {
  const gone = items.filter(({ file }) => file.ensure === "absent");
  const there = items.filter(({ file }) => file.ensure === "present");
  return [...gone.map(({ id, file }) => call("gone_seen", id, file.path)), ...chunk(there, 200).map(readGroup)].join(
    "\n",
  );
}

/** Each path twice and each digest once: what is asked one by one is put together by the host's shell. */
function readGroup(group: readonly NumberedFile[]): string {
  const digests = group.map(({ file }) => `${digestOf(file)}  ${file.path}`).join("\n");
  const stats = group.map(({ file }) => attributes(file)).join("\n");
  const items = group.map(({ id, file }) => `${id} ${typeof file.content === "string" ? "show" : "hide"}`).join("\n");
  return call("files_seen", digests, stats, items, ...group.map(({ file }) => file.path));
}

export function diffFile(file: WrittenFile, seen: Seen): Change[] {
  if (seen.has("exists")) return [{ property: "ensure", from: "present", to: "absent" }];
  if (seen.has("absent")) return [{ property: "ensure", from: "absent", to: "present" }, ...contentChange(file, seen)];
  return [...contentChange(file, seen), ...attributeChanges(file, seen.get("attributes"))];
}

function contentChange(file: WrittenFile, seen: Seen): Change[] {
  const digest = seen.get("digest");
  if (digest === undefined && !seen.has("absent")) return [];
  if (file.content instanceof Secret) return [{ property: "content", from: "***", to: "*** (changed)" }];
  const names = { property: "content", from: digest?.slice(0, 12) ?? "none", to: digestOf(file).slice(0, 12) };
  const encoded = seen.get("content");
  if (file.content instanceof Uint8Array || (encoded === undefined && !seen.has("absent"))) return [names];
  return [{ ...names, text: { before: Buffer.from(encoded ?? "", "base64").toString(), after: file.content ?? "" } }];
}

function attributeChanges(file: WrittenFile, found: string | undefined): Change[] {
  if (found === undefined) return [];
  const [raw = "", owner = "", group = ""] = found.split(" ");
  const bits = Number.parseInt(raw, 16);
  const kind = bits & 0o170000;
  const pairs: readonly (readonly [string, string, string])[] = [
    [
      "type",
      kind === regularFile ? "file" : kind === 0o040000 ? "directory" : kind === 0o120000 ? "link" : "special",
      "file",
    ],
    ["mode", (bits & 0o7777).toString(8).padStart(4, "0"), file.mode],
    ["owner", owner, file.owner],
    ["group", group, file.group],
  ];
  return pairs.filter(([, from, to]) => from !== to).map(([property, from, to]) => ({ property, from, to }));
}

export function stepsOfFile({ path, ensure, content, mode, owner, group, validate }: WrittenFile): Step[] {
  if (ensure === "absent") return [{ kind: "remove", path }];
  return [{ kind: "write", path, content: content ?? "", mode, owner, group, ...(validate ? { validate } : {}) }];
}
