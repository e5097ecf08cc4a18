import { fail } from "./errors.ts";
import type { House, RunningOperation } from "./house.ts";
import { launch, startOf } from "./launch.ts";
import type { StepState } from "./phases.ts";
import type { StepDefinition } from "./step.ts";
import { type Taken, takeOver } from "./takeover.ts";

/** Resumes what runs without a live controller, or ends it with a reason. */
export async function recover(house: House, node?: string): Promise<readonly RunningOperation[]> {
  const { db, clock, leaseMs, instance: owner } = house;
  const ownerGone = (name: string) => house.ownerGone?.(name) ?? false;
  const taken = await takeOver({ db, clock, owner, leaseMs, ownerGone, node });
  return taken.map((orphan) => resume(house, orphan));
}

function resume(house: House, { row, record }: Taken): RunningOperation {
  const define = house.operations[record.kind];
  const steps = define ? define(startOf(row)) : [];
  const same = steps.length === record.steps.length && steps.every((step, at) => step.name === record.steps[at]?.name);
  const known = same && !house.database.epoch.restored;
  const states = record.steps.map((step) => step.state);
  if (known) {
    const earlier = record.steps.find((step) => step.error)?.error;
    return launch(house, { row, steps, states, resumed: true, earlier });
  }
  const unclear = record.steps.map((step) => refusingStep(house, row.node, step));
  return launch(house, { row, steps: unclear, states: states.map(asBegun), resumed: true });
}

/** What can't be resumed still has to end with its reason. */
const asBegun = (state: StepState): StepState => (state === "failed" ? "running" : state);

function refusingStep({ database }: House, node: string, step: Pick<StepDefinition, "name" | "label">): StepDefinition {
  const { name, label } = step;
  const reason = database.epoch.restored
    ? fail("database-restored", { node })
    : fail("controller-restarted", { node, step: label });
  return { name, label, idempotent: true, deadlineMs: 1000, run: () => Promise.reject(reason) };
}
