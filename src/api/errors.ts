import { type ErrorTable, failer } from "../errors.ts";

export const errors = {
  "route-unknown": {
    sentence: (d: { method: string; path: string }) => `The API has no ${d.method} ${d.path}`,
    hint: () => "docs/api.md lists what it has",
    fault: "input",
    retry: false,
  },
  "request-not-json": {
    sentence: (d: { reason: string }) => `The request's body is no JSON object: ${d.reason}`,
    hint: () => 'Send an object such as {"by": "me"}, or nothing',
    fault: "input",
    retry: false,
  },
} satisfies ErrorTable;

export const fail = failer(errors);
