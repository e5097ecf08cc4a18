import type { Controller, ProvisionResult } from "../../src/app/controller.ts";
import type { SwapProposal } from "../../src/app/disks/desk.ts";
import type { OperationEvent, OperationListener } from "../../src/lifecycle/events.ts";
import type { NodeStatus } from "../../src/lifecycle/lifecycle.ts";
import type { OperationRecord } from "../../src/lifecycle/records.ts";

export const instant = new Date("2026-03-01T12:00:00.000Z");

export const begun: OperationEvent = {
  ...{ at: instant, node: "web01", operationId: 1, elapsedMs: 0 },
  ...{ kind: "operation", operation: "install", generation: 1, state: "running", phase: "unknown", by: "me" },
};
/** A text that looks like an instant, where none is meant. */
export const line: OperationEvent = {
  ...{ at: instant, node: "web01", operationId: 1, elapsedMs: 10, kind: "line", text: instant.toISOString() },
};

export const operation: OperationRecord = {
  ...{ id: 1, node: "web01", kind: "install", generation: 1, state: "done", by: "me", owner: "one" },
  ...{ startedAt: instant, finishedAt: instant, deadlineAt: instant, elapsedMs: 5, lastMilestone: "deploy-done" },
  error: undefined,
  parameters: {},
  steps: [
    {
      ...{ name: "power-on", label: "Power on", state: "done", waitingOn: undefined, attempt: 1, nextRetryAt: instant },
      ...{ durationMs: 5, expectedMs: 5, note: undefined, question: undefined, error: undefined },
    },
  ],
};

export const status: NodeStatus = {
  node: {
    ...{ name: "web01", phase: "ready", generation: 1, paused: false, power: "on", bmc: "ok" },
    condition: { state: "ok", since: instant.toISOString() },
  },
  operation,
};

export const result: ProvisionResult = {
  ...{ node: "web01", changed: true, operations: [operation] },
  proofs: [{ role: "varnish", name: "a HIT", evidence: "X-Cache: HIT" }],
};

export const proposal: SwapProposal = {
  node: "web01",
  plan: {
    target: { serial: "WEB01-B", sizeBytes: 4 * 2 ** 30, logicalSectorBytes: 512, neighbours: [{ serial: "WEB01-A" }] },
    ...{ mode: "hot", firmware: "bios", survivors: ["WEB01-A"], table: { kind: "none" }, swaps: [] },
    ...{ memberships: [], knownSerials: ["WEB01-A", "WEB01-B"], fingerprint: "x" },
  },
  findings: [
    { gate: "G3", title: "Something redundant is left", verdict: "pass", evidence: "md0: WEB01-A is in sync" },
  ],
  ...{ verdict: "pass", probes: [], steps: [{ name: "record", label: "Record how it is" }] },
};

export interface FakeController extends Controller {
  /** What was asked of it, in order. */
  readonly asked: unknown[][];
}

/** A controller that writes down what it is asked; `work` plays provision and converge. */
export function createFakeController(
  work: (watch: OperationListener) => Promise<ProvisionResult> = async (watch) => {
    watch(begun);
    watch(line);
    return result;
  },
  more: Partial<Controller> = {},
): FakeController {
  const asked: unknown[][] = [];
  const note = (...words: unknown[]) => void asked.push(words);
  return {
    asked,
    provision: async (request, watch) => {
      note("provision", request);
      return work(watch);
    },
    converge: async (request, watch) => {
      note("converge", request);
      return work(watch);
    },
    status: async (node) => {
      note("status", node);
      return [
        { name: "web01", status },
        { name: "web02", status: undefined },
      ];
    },
    history: async (node) => {
      note("history", node);
      return [begun, line];
    },
    cancel: async (node, by) => {
      note("cancel", node, by);
      return true;
    },
    forget: async (node, options) => note("forget", node, options),
    answer: async (node, answer) => note("answer", node, answer),
    disks: {
      status: async (nodes) => {
        note("disks", nodes);
        return nodes.map((node) => ({ node }));
      },
      propose: async (request) => {
        note("propose", request);
        return proposal;
      },
      swap: async (request, watch) => {
        note("swap", request);
        watch(begun);
        return { node: request.node, state: "done", operation };
      },
      abort: async (node, by) => {
        note("abort", node, by);
        return true;
      },
      locate: async ({ node, disk, on }) => {
        note("locate", node, disk, on);
        return { node, serial: disk, led: "enclosure" };
      },
    },
    close: async () => {},
    ...more,
  };
}
