import { type ErrorTable, failer } from "../errors.ts";

export const errors = {
  "already-armed": {
    sentence: (d: { node: string; mac: string; since: string }) =>
      `${d.node} or its MAC ${d.mac} is already armed for an install, since ${d.since}`,
    hint: (d: { node: string }) => `Cancel that one first: provision cancel ${d.node}`,
    fault: "input",
    retry: false,
  },
  "intent-spent": {
    sentence: (d: { node: string; generation: number; state: string }) =>
      `Install ${d.generation} of ${d.node} is ${d.state}; it can't be armed again`,
    hint: (d: { node: string }) => `Start a new one: provision node ${d.node} --reinstall`,
    fault: "input",
    retry: false,
  },
} satisfies ErrorTable;

export const fail = failer(errors);
