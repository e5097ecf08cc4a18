import { type ErrorTable, failer } from "../errors.ts";

export const errors = {
  "setting-invalid": {
    sentence: (d: { problem: string }) => d.problem,
    hint: (d: { advice: string }) => d.advice,
    fault: "input",
    retry: false,
  },
  "parameter-unknown": {
    sentence: (d: { problem: string }) => d.problem,
    hint: (d: { advice: string }) => d.advice,
    fault: "input",
    retry: false,
  },
} satisfies ErrorTable;

export const fail = failer(errors);
