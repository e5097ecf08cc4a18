import { systemClock as clock } from "../../../src/clock.ts";
import type { ErrorRecord } from "../../../src/errors.ts";
import type { RunningOperation } from "../../../src/lifecycle/house.ts";
import type { SwapMode } from "../../../src/raid/swap-plan.ts";
import type { MachineHost } from "../../../src/sim/hosts/machine.ts";
import type { MachineDisk } from "../../../src/sim/hosts/machine-disks.ts";
import { type Controller, node } from "./controller.ts";
import { type Asked, goodHands, type Hands, whatIsAsked } from "./tech.ts";

export interface SwapWish {
  readonly old: string;
  readonly fresh: MachineDisk;
  readonly mode?: SwapMode;
  readonly waivers?: readonly string[];
  readonly hands?: Partial<Hands>;
  /** Called when a step begins for the first time; the controller may be restarted in it. */
  began?(step: string): Promise<void> | void;
}

export interface SwapEnd {
  readonly state: string;
  readonly error?: ErrorRecord | undefined;
  /** What was asked for, in order. */
  readonly asked: readonly Asked[];
  /** A line for each step, with its seconds. */
  readonly steps: readonly string[];
  readonly notes: readonly string[];
  /** What was done on the host, and said of it. */
  readonly lines: readonly string[];
}

/** Runs a swap as somebody would who started it and then stands at the rack. */
export async function swapDisk(controller: Controller, host: MachineHost, wish: SwapWish): Promise<SwapEnd> {
  const hands: Hands = { ...goodHands(host, wish), ...wish.hands };
  const from = controller.events.length;
  return follow({ controller, hands, wish, from }, await beginSwap(controller, wish));
}

/** Only begins it. */
export function beginSwap(controller: Controller, { old, mode, waivers = [] }: Omit<SwapWish, "fresh">) {
  const parameters = { disk: old, waivers, acceptsDataLoss: false, ...(mode ? { mode } : {}) };
  return controller.lifecycle.begin(node, "diskswap", { by: "ann", parameters });
}

interface Following {
  readonly controller: Controller;
  readonly hands: Hands;
  readonly wish: SwapWish;
  readonly from: number;
}

async function follow({ controller, hands, wish, from }: Following, first: RunningOperation): Promise<SwapEnd> {
  const asked: Asked[] = [];
  const seen = new Set<string>();
  for (let index = from; ; index++) {
    const event = await nextEvent(controller, index);
    if (event.kind === "operation" && event.state !== "running" && event.operationId === first.id)
      return endOf(controller, from, { state: event.state, error: event.error, asked });
    if (event.kind !== "step") continue;
    if (event.state === "running" && !seen.has(event.step)) {
      seen.add(event.step);
      await wish.began?.(event.step);
    }
    if (event.state !== "held" || !event.question) continue;
    const what = whatIsAsked(event.question);
    asked.push(what);
    const answer = await hands[what](event.question);
    if (answer !== undefined) await controller.lifecycle.answer(node, { answer, by: "bob" }).catch(() => {});
  }
}

const pollMs = 100;

async function nextEvent({ events }: Controller, index: number) {
  for (;;) {
    const event = events[index];
    if (event) return event;
    await clock.sleep(pollMs);
  }
}

function endOf(controller: Controller, from: number, end: Pick<SwapEnd, "state" | "error" | "asked">): SwapEnd {
  const events = controller.events.slice(from);
  return {
    ...end,
    steps: events.flatMap((event) =>
      event.kind === "step" && (event.durationMs !== undefined || event.state === "skipped")
        ? [
            `${((event.durationMs ?? 0) / 1000).toFixed(1).padStart(6)} s  ${event.step} ${event.state} ${event.note ?? ""}`,
          ]
        : [],
    ),
    notes: events.flatMap((event) => (event.kind === "note" ? [event.text] : [])),
    lines: events.flatMap((event) => (event.kind === "line" ? [event.text] : [])),
  };
}
