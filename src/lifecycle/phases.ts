/** A node's phase. Only an operation that succeeded moves it. */
export const phases = ["unknown", "discovered", "ready", "active", "retired"] as const;
export type Phase = (typeof phases)[number];

export interface OperationKindRow {
  /** The phases from which it may begin. */
  readonly from: readonly Phase[];
  /** Where success leads; without it the phase stays. */
  readonly to?: Phase;
  /** Does it begin a new generation of the machine's system, with new host keys? */
  readonly renews?: true;
  readonly label: string;
}

/** Every operation: where it may begin and where it leads. docs/lifecycle.md is drawn from this. */
export const operationTable = {
  inspect: { label: "Inspect", from: ["unknown", "discovered"], to: "discovered" },
  burnin: { label: "Burn in", from: ["discovered"] },
  install: { label: "Install", from: ["unknown", "discovered", "ready", "active"], to: "ready", renews: true },
  converge: { label: "Converge", from: ["ready", "active"], to: "active" },
  rescue: { label: "Rescue", from: ["discovered", "ready", "active"] },
  diskswap: { label: "Swap a disk", from: ["ready", "active"] },
  erase: { label: "Erase", from: ["discovered", "ready", "active"], to: "discovered" },
  adopt: { label: "Adopt", from: ["unknown", "discovered"], to: "ready" },
  retire: { label: "Retire", from: ["unknown", "discovered", "ready", "active"], to: "retired" },
} as const satisfies Record<string, OperationKindRow>;

export type OperationKind = keyof typeof operationTable;
export const operationKinds = Object.keys(operationTable) as readonly OperationKind[];
export const operationRow = (kind: OperationKind): OperationKindRow => operationTable[kind];

/** An operation's own states: it runs, and then it is over. */
export const operationTransitions = {
  running: { succeed: "done", fail: "failed", cancel: "cancelled" },
  done: {},
  failed: {},
  cancelled: {},
} as const;
export type OperationState = keyof typeof operationTransitions;

/** A step's states. `wait` and `hold` tell on whom it waits: a machine or a service, or somebody's hands. */
export const stepTransitions = {
  pending: { start: "running" },
  running: { wait: "waiting", hold: "held", retry: "pending", finish: "done", fail: "failed", skip: "skipped" },
  waiting: { resume: "running", retry: "pending", finish: "done", fail: "failed", skip: "skipped" },
  held: { release: "running", retry: "pending", fail: "failed" },
  done: {},
  failed: {},
  skipped: {},
} as const;
export type StepState = keyof typeof stepTransitions;
export type StepEvent = { [State in StepState]: keyof (typeof stepTransitions)[State] }[StepState];
export const stepStates = Object.keys(stepTransitions) as readonly StepState[];

const stepTable: Readonly<Record<StepState, Partial<Record<StepEvent, StepState>>>> = stepTransitions;

/** Where the event leads from this state; undefined if it can't happen there. */
export const stepTarget = (state: StepState, event: StepEvent): StepState | undefined => stepTable[state][event];

/** On whom a step waits. */
export type WaitsOn = "boot" | "callback" | "human" | "bmc";
