import { intentTransitions } from "../boot/intent.ts";
import { milestones } from "../boot/milestones.ts";
import { operationKinds, operationRow, operationTransitions, phases, stepTransitions } from "./phases.ts";

type Transitions = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** docs/lifecycle.md, drawn from the tables that the code runs on; a test compares the two. */
export function renderLifecycleDocument(): string {
  return [
    "# Phases, operations, steps",
    "",
    "Drawn from the tables in `src/lifecycle/phases.ts` and `src/boot/`; `test/lifecycle/document.test.ts` compares them.",
    "",
    "## A node's phase",
    "",
    "Only an operation that succeeded moves it. A failure leaves the phase and sets the node's condition.",
    "",
    ...mermaid(phaseEdges()),
    "| operation | may begin from | success leads to | new generation |",
    "|---|---|---|---|",
    ...operationKinds.map(operationLine),
    "",
    "A node has at most one operation at a time; a second one is told who has it since when (`node-busy`). A new generation",
    "means a new system with new host keys.",
    "",
    "## An operation",
    "",
    ...mermaid(edges(operationTransitions)),
    "`cancel` works without the BMC. An operation is held by a lease of the controller's process and a fencing number; when the",
    "lease has run out, another start takes it over and the old process can write no more.",
    "",
    "## A step",
    "",
    ...mermaid(edges(stepTransitions)),
    "After a restart a step that was under way is begun again if it is idempotent; else the operation fails as",
    "`controller-restarted`. When an operation fails or is cancelled, what its steps began is undone, last step first.",
    "",
    "## The permission to install",
    "",
    ...mermaid(edges(intentTransitions)),
    "`hand` gives out the boot script with a fresh token; `consume` gives out the deploy script, once for each generation, and",
    "is on the disk before the answer leaves. Nothing leads back. Anything that isn't armed boots its local disk.",
    "",
    "## Milestones",
    "",
    "| milestone | the machine | usual seconds, BIOS / UEFI | if it doesn't come |",
    "|---|---|---|---|",
    ...milestones.map(
      ({ name, label, usualSeconds, cause }) =>
        `| ${name} | ${label} | ${usualSeconds.bios} / ${usualSeconds.uefi} | ${cause} |`,
    ),
    "",
  ].join("\n");
}

const mermaid = (lines: readonly string[]) => [
  "```mermaid",
  "stateDiagram-v2",
  ...lines.map((line) => `  ${line}`),
  "```",
  "",
];

const edges = (table: Transitions) => [
  `[*] --> ${Object.keys(table)[0]}`,
  ...Object.entries(table).flatMap(([state, row]) =>
    Object.entries(row).map(([event, target]) => `${state} --> ${target}: ${event}`),
  ),
  ...Object.entries(table).flatMap(([state, row]) => (Object.keys(row).length === 0 ? [`${state} --> [*]`] : [])),
];

const phaseEdges = () => [
  `[*] --> ${phases[0]}`,
  ...phases.flatMap((from) =>
    operationKinds.flatMap((kind) => {
      const row = operationRow(kind);
      return row.from.includes(from) ? [`${from} --> ${row.to ?? from}: ${kind}`] : [];
    }),
  ),
];

function operationLine(kind: (typeof operationKinds)[number]): string {
  const { from, to, renews } = operationRow(kind);
  return `| ${kind} | ${from.join(", ")} | ${to ?? "(stays)"} | ${renews ? "yes" : ""} |`;
}
