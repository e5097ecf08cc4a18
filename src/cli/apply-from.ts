import { applyFrom } from "../app/catalogue.ts";
import type { ApplyEvent } from "../converge/apply-events.ts";
import type { RunReport } from "../converge/report.ts";
import type { Context, Invocation, OptionSpec, Outcome } from "./command.ts";
import { renderFailure } from "./failure.ts";
import type { Style } from "./style.ts";

/** For `apply` on the machine itself. */
export const fromOptions: readonly OptionSpec[] = [
  {
    flags: "--from <file>",
    help: "apply a catalogue on this very machine, as its first boot does; - is standard input",
  },
  { flags: "--in <container>", help: "with --from: in a container on this machine (machine:NAME, docker:NAME, pid:N)" },
];

export const isFrom = ({ from }: Invocation["options"]) => typeof from === "string";

/** No inventory, no records, no other machine. */
export async function applyFromFile({ options }: Invocation, { terminal, clock }: Context): Promise<Outcome> {
  const onEvent = (event: ApplyEvent) => {
    const line = terminal.json ? JSON.stringify({ event }) : lineOf(event, terminal.style);
    if (line !== undefined) terminal.json ? terminal.write(`${line}\n`) : terminal.say(line);
  };
  const container = typeof options.in === "string" ? options.in : undefined;
  const report = await applyFrom({
    from: String(options.from),
    container,
    clock,
    onEvent,
    signal: terminal.interrupted,
  });
  return {
    json: { result: { ...report, remaining: report.remaining.map(({ item }) => item.reference) } },
    text: (style) => renderReport(report, style),
    exitCode: report.outcome === "changed" || report.outcome === "unchanged" ? 0 : 1,
  };
}

function lineOf(event: ApplyEvent, style: Style): string | undefined {
  if (event.kind === "packages") return undefined;
  if (event.state === "done") return `${style.good("✔")} ${event.reference}`;
  return event.state === "failed" ? `${style.bad("✘")} ${event.reference}` : undefined;
}

export function renderReport({ node, outcome, results, unchanged, remaining }: RunReport, style: Style): string {
  const count = (wanted: string) => results.filter((one) => one.outcome === wanted).length;
  const failures = results.flatMap(({ error }) => (error ? [renderFailure(error, style)] : []));
  const skipped = results
    .filter((one) => one.outcome === "skipped")
    .map(({ reference, because }) => style.dim(`– ${reference}: not tried, ${because} failed`));
  const left = remaining.map(({ item }) => style.bad(`✘ ${item.reference} still differs`));
  const sum =
    outcome === "unchanged"
      ? `${node}: nothing to do, ${unchanged} resources as they should be`
      : `${node}: ${count("done")} changed, ${count("failed")} failed, ${count("skipped")} not tried, ${unchanged} as they were`;
  return [...failures, ...skipped, ...(failures.length > 0 ? [] : left), sum].join("\n");
}
