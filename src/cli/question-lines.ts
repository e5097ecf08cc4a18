import type { HoldQuestion } from "../lifecycle/step.ts";
import { formatTable, type Style } from "./style.ts";

/** What somebody at the rack has to do, large enough to be read at arm's length. */
export function renderQuestion({ text, expects, facts, complaint }: HoldQuestion, style: Style): string {
  const rows = facts.map(({ label, value }) => [`    ${style.dim(label)}`, style.strong(value)]);
  return [
    ...(complaint ? [style.bad(`  ${complaint}`)] : []),
    `  ${style.accent("▸")} ${style.strong(text)}`,
    ...(rows.length > 0 ? [formatTable(rows)] : []),
    style.dim(`    to type: ${expects}`),
  ].join("\n");
}
