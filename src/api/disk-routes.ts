import type { SwapRequest } from "../app/disks/desk.ts";
import { json, readBody, streamReply, text } from "./exchange.ts";
import type { Call, Route } from "./routes.ts";

/** What the API can do about disks. */
export const diskRoutes: readonly Route[] = [
  {
    method: "POST",
    path: "/api/v1/disks",
    summary: "the disks of these nodes, read now. Body: nodes (none: all that are installed)",
    answer: async ({ controller, request }) => {
      const { nodes } = await readBody(request);
      return json(await controller.disks.status(words(nodes)));
    },
  },
  {
    method: "POST",
    path: "/api/v1/nodes/:node/disk-swap/plan",
    summary: "gates and steps of a disk's replacement; touches nothing. Body: disk, mode, waivers, acceptsDataLoss",
    answer: async (call) => json(await call.controller.disks.propose(await swapRequest(call))),
  },
  {
    method: "POST",
    path: "/api/v1/nodes/:node/disk-swap",
    summary: "replace a disk, or go on with it; the same stream. Body: as for the plan, and by",
    answer: async (call) => {
      const wanted = await swapRequest(call);
      const patient = new AbortController().signal;
      return streamReply(call.clock, (watch) => call.controller.disks.swap(wanted, watch, patient));
    },
  },
  {
    method: "POST",
    path: "/api/v1/nodes/:node/disk-locate",
    summary: "light the lamp of a disk's bay, or put it out. Body: disk, on",
    answer: async ({ controller, node, request }) => {
      const { disk, on } = await readBody(request);
      return json(await controller.disks.locate({ node, disk: text(disk), on: on !== false }));
    },
  },
  {
    method: "POST",
    path: "/api/v1/nodes/:node/answer",
    summary: "answer what a step is held for. Body: answer, by",
    answer: async ({ controller, node, request }) => {
      const { answer, by } = await readBody(request);
      await controller.answer(node, { answer: text(answer ?? ""), by: text(by) });
      return json({ answered: true });
    },
  },
];

const words = (value: unknown) => (Array.isArray(value) ? value.map(text) : []);

async function swapRequest({ request, node }: Call): Promise<SwapRequest> {
  const { disk, mode, waivers, acceptsDataLoss, by } = await readBody(request);
  return {
    ...{ node, disk: text(disk), waivers: words(waivers), acceptsDataLoss: acceptsDataLoss === true, by: text(by) },
    ...(mode === "hot" || mode === "cold" || mode === "add-first" ? { mode } : {}),
  };
}
