import type { FleetEvent, NodeReport } from "../app/rollout.ts";
import type { Track } from "../converge/rollout-policy.ts";
import { renderFailure } from "./failure.ts";
import { formatDuration, formatTable, type Style } from "./style.ts";

/** A node's change of state as a line; nothing for what happens within it. */
export function renderFleetEvent(event: FleetEvent, style: Style): string | undefined {
  switch (event.kind) {
    case "begun":
      return `${style.accent("▸")} ${event.node}`;
    case "settled":
      return `${markOf(event.report, style)} ${event.report.node}  ${words(event.report, style)}`;
    case "operation":
      return undefined;
    default:
      return event satisfies never;
  }
}

function words({ outcome, changes, durationMs, error }: NodeReport, style: Style): string {
  const time = style.dim(formatDuration(durationMs));
  if (outcome === "withheld") return `not begun: ${error?.message.replace(/^.* was not begun: /, "") ?? ""}`;
  if (error) return `${style.bad(error.code)}  ${time}`;
  return outcome === "changed" ? `${changes} changed  ${time}` : `nothing to change  ${time}`;
}

const markOf = ({ outcome }: NodeReport, style: Style) =>
  outcome === "withheld"
    ? style.dim("–")
    : outcome === "failed" || outcome === "unverified"
      ? style.bad("✘")
      : style.good("✔");

/** The table at the end, and below it each failure as it would stand alone. */
export function renderReports(reports: readonly NodeReport[], style: Style): string {
  const header = ["NODE", "OUTCOME", "CHANGES", "DURATION", "ERROR"].map(style.dim);
  const rows = reports.map((report) => {
    const { node, outcome, changes, durationMs, error } = report;
    const time = outcome === "withheld" ? "–" : formatDuration(durationMs);
    const tone = outcome === "withheld" ? style.dim : error ? style.bad : style.good;
    return [node, tone(outcome), String(changes), time, error?.code ?? "–"];
  });
  const failures = reports.flatMap(({ error, outcome }) =>
    error && outcome !== "withheld" ? [renderFailure(error, style)] : [],
  );
  return [formatTable([header, ...rows]), ...failures].join("\n\n");
}

/** `web1 first, then 2 at a time: web2 web3 | web4`, a line for each track that has a policy. */
export function renderTracks(tracks: readonly Track[]): readonly string[] {
  return tracks
    .filter(({ roles }) => roles.length > 0)
    .map(({ roles, waves, policy }) => {
      const shown = waves.map(({ nodes, canary }) => nodes.join(" ") + (canary ? " (canary)" : "")).join(" | ");
      const gate = policy.gate === "verify" ? "each wave verified before the next" : "without a gate";
      return `rollout of ${roles.join(", ")}, ${gate}: ${shown}`;
    });
}

/** Who was chosen and isn't in the run, and why. */
export interface LeftOut {
  readonly without: readonly string[];
  readonly notInstalled: readonly string[];
}

export const renderLeftOut = ({ without, notInstalled }: LeftOut): readonly string[] => [
  ...(without.length > 0 ? [`left out, nothing of theirs is selected: ${without.join(", ")}`] : []),
  ...(notInstalled.length > 0 ? [`left out, not installed yet: ${notInstalled.join(", ")}`] : []),
];
