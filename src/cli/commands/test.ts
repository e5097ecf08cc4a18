import { writeFileSync } from "node:fs";
import { junitXml } from "../../app/junit.ts";
import type { CaseResult, PhaseResult, RoleTestEvent, RoleTestResult } from "../../app/role-test/outcome.ts";
import { roleSuites } from "../../app/role-test/suites.ts";
import { removeKeptHosts, testRole } from "../../app/role-test/test-role.ts";
import type { HostKind } from "../../converge/role-case.ts";
import type { CliCommand, Context, Outcome } from "../command.ts";
import { fail } from "../errors.ts";
import { formatDuration, type Style } from "../style.ts";

export const test: CliCommand = {
  name: "test",
  summary: "Try a role on machines of its own: converge twice, verify, break and mend; nothing is left behind",
  arguments: "[role-folder]",
  options: [
    { flags: "--on <kind>", help: "container (the default, unless the case says otherwise) or vm" },
    { flags: "--case <name>", help: "only this case of the role" },
    { flags: "--junit <file>", help: "write what came of it as JUnit XML" },
    { flags: "--keep", help: "leave the hosts running, and say how to enter them" },
    { flags: "--remove-kept", help: "remove the hosts that --keep left, and do nothing else" },
  ],
  example: "test roles/varnish",
  needsRoot: "it makes containers, mounts and network namespaces",
  run: async ({ arguments: [path], options }, context) => {
    if (options.removeKept) return removeKept(context);
    if (path === undefined)
      throw fail("usage", { said: "Which role?", advice: "For instance: provision test roles/varnish" });
    const { terminal } = context;
    const result = await testRole(context, {
      ...{ path, on: kindOf(options.on), keep: options.keep === true, signal: terminal.interrupted },
      caseName: options.case as string | undefined,
      onEvent: (event) => terminal.say(renderTestEvent(event, terminal.style)),
    });
    if (typeof options.junit === "string") writeFileSync(options.junit, junitXml(roleSuites(result)));
    const exitCode = result.outcome === "good" ? 0 : 1;
    return { json: result, exitCode, text: (style) => renderTest(result, style) };
  },
};

function kindOf(wanted: unknown): HostKind | undefined {
  if (wanted === undefined || wanted === "container" || wanted === "vm") return wanted;
  throw fail("usage", { said: `"${wanted}" is no kind of test host`, advice: "Say --on container or --on vm" });
}

async function removeKept(context: Context): Promise<Outcome> {
  const removed = await removeKeptHosts(context);
  return {
    json: { removed },
    text: () => (removed.length > 0 ? `removed: ${removed.join(", ")}` : "nothing was kept"),
  };
}

const nameWidth = 14;

/** A line as soon as there is something to tell. */
export function renderTestEvent(event: RoleTestEvent, style: Style): string {
  switch (event.kind) {
    case "case":
      return `${style.strong(event.name)}  ${style.dim(`${event.hosts.length} ${event.on}${event.hosts.length > 1 ? "s" : ""}`)}`;
    case "skipped":
      return `${style.strong(event.name)}  ${style.dim(`skipped: ${event.why}`)}`;
    case "phase":
      return renderPhase(event.phase, style);
    default:
      return event satisfies never;
  }
}

function renderPhase({ name, outcome, durationMs, note }: PhaseResult, style: Style): string {
  const mark = outcome === "good" ? style.good("✔") : style.bad("✘");
  const time = style.dim(formatDuration(durationMs).padStart(7));
  const [head = "", detail] = name.split(": ", 2);
  const text = detail === undefined ? note : `${detail} ${style.dim(`(${note})`)}`;
  return `  ${mark} ${head.padEnd(nameWidth)}${time}  ${outcome === "good" ? text : style.bad(firstLine(note))}`;
}

const firstLine = (text: string) => text.split("\n")[0] ?? "";

/** The sum; each failure whole, with its evidence. */
function renderTest({ role, cases, outcome, durationMs }: RoleTestResult, style: Style): string {
  const failures = cases.flatMap((one) =>
    one.phases.flatMap(({ name, error }) =>
      error
        ? [`${style.bad(`error[${error.code}]`)}: ${one.name}, ${name}: ${error.message}\n  hint       ${error.hint}`]
        : [],
    ),
  );
  const verdict = outcome === "good" ? style.good("good") : style.bad("FAILED");
  const count = (wanted: CaseResult["outcome"]) => cases.filter((one) => one.outcome === wanted).length;
  const counts = (["good", "failed", "skipped"] as const).flatMap((one) =>
    count(one) > 0 ? [`${count(one)} ${one}`] : [],
  );
  const sum = `${style.strong(role)}: ${verdict}, cases: ${counts.join(", ")}, ${formatDuration(durationMs)}`;
  return [...failures, ...cases.flatMap((one) => renderKept(one)), sum].join("\n");
}

const renderKept = ({ name, kept }: CaseResult) =>
  kept
    ? [
        `The hosts of ${name} still run. Enter them:`,
        ...kept.map((line) => `  ${line}`),
        "Remove them: sudo provision test --remove-kept",
      ]
    : [];
