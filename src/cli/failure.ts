import { type ErrorRecord, formatPlace } from "../errors.ts";
import type { Style } from "./style.ts";

/** A failure as a person at a rack needs it: what, how far it came, what should have come, what to do. */
export function renderFailure(record: ErrorRecord, style: Style): string {
  const place = placeBefore(record);
  const row = (label: string, text: string | undefined) => (text ? [`  ${label.padEnd(10)} ${text}`] : []);
  return [
    `${style.bad(`error[${record.code}]`)}: ${place ? `${style.strong(place)}: ` : ""}${record.message}`,
    ...row("last seen", record.lastMilestone),
    ...row("expected", record.nextExpected),
    ...row("hint", record.hint),
  ].join("\n");
}

/** Where in a file, unless the sentence itself begins with that. */
function placeBefore({ place, message }: ErrorRecord): string | undefined {
  const text = place && formatPlace(place);
  return text === undefined || message.startsWith(`${text}:`) ? undefined : text;
}

/**
 * sysexits.h(3) would say 64–78; scripts want fewer: 2 = what was typed or written is wrong, 1 = it was tried and failed. 5: a
 * disk was replaced, but not all is well (docs/disk-swap.md).
 */
export function exitCodeOf({ code, fault }: ErrorRecord): number {
  if (code === "swap-degraded-done") return 5;
  return fault === "input" ? 2 : 1;
}
