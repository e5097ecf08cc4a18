import type { OperationEvent } from "../lifecycle/events.ts";
import { formatBytes, formatDuration, type Style } from "./style.ts";

type Amount = Pick<OperationEvent & { kind: "progress" }, "done" | "total" | "unit">;

interface StepView {
  readonly name: string;
  readonly label: string;
  readonly state: string;
  readonly startedMs: number;
  readonly durationMs: number | undefined;
  readonly expectedMs: number | undefined;
  readonly note: string | undefined;
  readonly milestones: readonly string[];
  readonly amount: Amount | undefined;
  readonly lastLine: string | undefined;
}

/** One operation as the display knows it: what the events said so far, and nothing else. */
export interface ProgressView {
  readonly title: string;
  readonly steps: readonly StepView[];
  readonly elapsedMs: number;
}

export const emptyProgress: ProgressView = { title: "", steps: [], elapsedMs: 0 };

/** The next view: events in, view out. A new operation starts a new view. */
export function advance(view: ProgressView, event: OperationEvent): ProgressView {
  const next = { ...view, elapsedMs: Math.max(view.elapsedMs, event.elapsedMs) };
  switch (event.kind) {
    case "operation":
      return event.state === "running" ? begun(event) : next;
    case "step":
      return withStep(next, event.step, (step) => ({
        ...step,
        label: event.label,
        state: event.state,
        startedMs: event.state === "running" && step.state !== "waiting" ? event.elapsedMs : step.startedMs,
        durationMs: event.durationMs,
        expectedMs: event.expectedMs ?? step.expectedMs,
        note: event.note,
      }));
    case "milestone":
      return withStep(next, event.step, (step) => ({
        ...step,
        amount: undefined,
        milestones: [...step.milestones, event.text ? `${event.label} (${event.text})` : event.label],
      }));
    case "progress":
      return withStep(next, event.step, (step) => ({ ...step, amount: event }));
    case "line":
      return withStep(next, event.step, (step) => ({ ...step, lastLine: event.text }));
    case "note":
      return next;
    default:
      return event satisfies never;
  }
}

/** All of its steps stand there from the start, and so does the time that the whole usually takes. */
function begun({ operation, node, steps = [] }: OperationEvent & { kind: "operation" }): ProgressView {
  const outline = steps.map(({ name, label, expectedMs }) => ({ ...newStep(name, 0), label, expectedMs }));
  return { ...emptyProgress, title: `${operation} ${node}`, steps: outline };
}

function withStep(view: ProgressView, name: string | undefined, change: (step: StepView) => StepView): ProgressView {
  const target = name ?? view.steps.findLast((step) => isOpen(step))?.name;
  if (target === undefined) return view;
  const known = view.steps.some((step) => step.name === target);
  const steps = known ? view.steps : [...view.steps, newStep(target, view.elapsedMs)];
  return { ...view, steps: steps.map((step) => (step.name === target ? change(step) : step)) };
}

const newStep = (name: string, startedMs: number): StepView => ({
  name,
  label: name,
  state: "pending",
  startedMs,
  durationMs: undefined,
  expectedMs: undefined,
  note: undefined,
  milestones: [],
  amount: undefined,
  lastLine: undefined,
});

const isOpen = ({ state }: StepView) => state === "running" || state === "waiting" || state === "held";

/**
 * The view as lines no wider than `columns`, and so few that it can be drawn over; `nowMs` is the operation's elapsed time at
 * this instant.
 */
export function renderProgress(view: ProgressView, nowMs: number, screen: Screen): readonly string[] {
  const { style, columns, rows } = screen;
  const expected = view.steps.reduce((sum, step) => sum + (step.expectedMs ?? 0), 0);
  const time = formatDuration(nowMs) + (expected > 0 ? ` of about ${formatDuration(expected)}` : "");
  const blocks = view.steps.map((step) => renderStep(step, nowMs, style));
  // A line for the title, and one for the cursor.
  const lines = fitting(blocks, view.steps.findIndex(isOpen), rows - 2).map((line) =>
    line === "" ? style.dim("   …") : line,
  );
  return [`${style.strong(view.title)}  ${style.dim(time)}`, ...lines].map((line) => cut(line, columns));
}

/** What is over goes first, then what is far ahead; an empty line stands for either. */
function fitting(blocks: readonly (readonly string[])[], open: number, rows: number): readonly string[] {
  const all = blocks.flat();
  const excess = all.length - rows;
  if (excess <= 0) return all;
  const over = open < 0 ? excess + 1 : Math.min(excess + 1, open);
  const rest = over > 1 ? ["", ...all.slice(over)] : all;
  return rest.length <= rows ? rest : [...rest.slice(0, rows - 1), ""];
}

export interface Screen {
  readonly style: Style;
  readonly columns: number;
  readonly rows: number;
}

const shownMilestones = 3;

function renderStep(step: StepView, nowMs: number, style: Style): readonly string[] {
  const time = isOpen(step) ? nowMs - step.startedMs : step.durationMs;
  const parts = [
    ` ${mark(step, style)} ${step.label}`,
    time === undefined ? "" : style.dim(formatDuration(time)),
    isOpen(step) && step.expectedMs ? style.dim(`(usually ${formatDuration(step.expectedMs)})`) : "",
    step.note ? style.dim(`– ${step.note}`) : "",
  ];
  const head = parts.filter(Boolean).join("  ");
  if (!isOpen(step)) return [head];
  const last = step.milestones.slice(-shownMilestones).map((text) => `     ${style.good("·")} ${text}`);
  const amount = step.amount ? [`     ${renderAmount(step.amount, style)}`] : [];
  const line = step.lastLine ? [`     ${style.dim(step.lastLine)}`] : [];
  return [head, ...last, ...amount, ...line];
}

function mark({ state }: StepView, style: Style): string {
  if (state === "done") return style.good("✔");
  if (state === "failed") return style.bad("✘");
  if (state === "skipped") return style.dim("–");
  return state === "pending" ? style.dim("·") : style.accent("▸");
}

const barCells = 24;

function renderAmount({ done, total, unit }: Amount, style: Style): string {
  const filled = total > 0 ? Math.round((done / total) * barCells) : 0;
  const bar = style.accent("█".repeat(filled)) + style.dim("░".repeat(barCells - filled));
  return `${bar} ${unit === "bytes" ? `${formatBytes(done)} of ${formatBytes(total)}` : `${done} of ${total} ${unit}`}`;
}

/** Cuts at the visible width; a cut line loses its colours rather than leaking them. */
function cut(line: string, columns: number): string {
  const bare = line.replaceAll(/\u001b\[[0-9;]*m/g, "");
  return bare.length <= columns ? line : `${bare.slice(0, columns - 1)}…`;
}

/** One event as a plain line for logs and pipes; nothing for what is only motion. */
export function renderEvent(event: OperationEvent): string | undefined {
  const head = `${(event.elapsedMs / 1000).toFixed(1).padStart(7)} s  ${event.node}`;
  switch (event.kind) {
    case "operation":
      return event.state === "running"
        ? `${head}  ${event.operation} begins`
        : `${head}  ${event.operation} ${event.state}${event.state === "cancelled" && event.error ? `: ${event.error.message}` : ""}`;
    case "step":
      if (event.state === "pending" || event.state === "waiting") return undefined;
      return `${head}  ${event.step}: ${stepWords(event)}`;
    case "milestone":
      return `${head}    ${event.name}: ${event.label}${event.text ? ` (${event.text})` : ""}`;
    case "line":
      return `${head}    | ${event.text}`;
    case "note":
      return `${head}  ${event.text}`;
    case "progress":
      return undefined;
    default:
      return event satisfies never;
  }
}

function stepWords(event: OperationEvent & { kind: "step" }): string {
  const time = event.durationMs === undefined ? "" : ` in ${formatDuration(event.durationMs)}`;
  const note = event.note ? ` (${event.note})` : "";
  return event.state === "running" ? `${event.label}${note}` : `${event.state}${time}${note}`;
}
