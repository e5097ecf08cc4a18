import { parseHostKey } from "./host-keys.ts";
import type { IntentOutcome } from "./intent.ts";
import { milestoneNamed } from "./milestones.ts";

/** What a booting machine says of itself, or what our servers saw it do. */
export type BootReport = { readonly node: string; readonly generation: number } & (
  | { readonly kind: "milestone"; readonly name: string; readonly text: string }
  | { readonly kind: "progress"; readonly step: string; readonly doneBytes: number; readonly totalBytes: number }
  | { readonly kind: "line"; readonly text: string }
  | { readonly kind: "outcome"; readonly outcome: IntentOutcome }
);

/** What a machine may post at once, in bytes. */
export const reportLimits = { milestone: 4096, progress: 256, failed: 65_536, done: 8192 } as const;

const longestLine = 300;
const mostLines = 40;
const mostKeys = 8;

/** Untrusted text for logs, terminals and pages: no control characters (ESC, CR, C1, bidirectional marks), cut to length. */
export function plain(text: string, limit = longestLine): string {
  const shown = text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, " ").trim();
  return shown.length > limit ? `${shown.slice(0, limit)}…` : shown;
}

const linesOf = (body: string) =>
  body
    .split("\n")
    .slice(0, mostLines)
    .filter((line) => line.trim() !== "");

type Said<Kind extends BootReport["kind"]> = Omit<Extract<BootReport, { kind: Kind }>, "node" | "generation">;

/** Lines `name[ text]`; a name that isn't in the table is kept as a line of text. */
export function parseMilestones(body: string): readonly (Said<"milestone"> | Said<"line">)[] {
  return linesOf(body).map((line) => {
    const [, name = "", text = ""] = /^(\S+)(?:\s+(.*))?$/s.exec(line.trim()) ?? [];
    return milestoneNamed(name) ? { kind: "milestone", name, text: plain(text) } : { kind: "line", text: plain(line) };
  });
}

/** `<step> <doneBytes> <totalBytes>`; nothing if it isn't that, or says more than the whole. */
export function parseProgress(body: string): Said<"progress"> | undefined {
  const [, step = "", done, total] = /^([a-z][a-z0-9-]{0,40}) (\d{1,15}) (\d{1,15})\s*$/.exec(body) ?? [];
  const [doneBytes, totalBytes] = [Number(done), Number(total)];
  return step !== "" && doneBytes <= totalBytes ? { kind: "progress", step, doneBytes, totalBytes } : undefined;
}

/** `code\nsentence\ndetail…`; whatever it is, it is a failure. */
export function parseFailure(body: string): IntentOutcome {
  const [first = "", sentence = "", ...detail] = body.split("\n").slice(0, mostLines);
  const code = /^[a-z][a-z0-9-]{1,40}$/.test(first.trim()) ? first.trim() : "installer-failed";
  const said = plain(sentence) || plain(first) || "the installer gave no reason";
  return { kind: "failed", code, sentence: said, detail: detail.map((line) => plain(line)).join("\n") };
}

/** Lines `hostkey <type> <base64>`; nothing unless every line is a good key and one of them is Ed25519. */
export function parseDone(body: string): (IntentOutcome & { kind: "done" }) | undefined {
  const lines = linesOf(body);
  const hostKeys = lines.map((line) => (line.startsWith("hostkey ") ? parseHostKey(line.slice(8)) : undefined));
  const good = hostKeys.filter((key) => key !== undefined);
  const complete = good.length === lines.length && good.length <= mostKeys;
  return complete && good.some((key) => key.startsWith("ssh-ed25519 ")) ? { kind: "done", hostKeys: good } : undefined;
}
