import { type ErrorTable, failer } from "../errors.ts";

interface Refusal {
  readonly act: string;
  /** The refusal's own code: `last-copy`, `disk-in-use`, … */
  readonly because: string;
  readonly words: string;
}

const refused = ({ act, because, words }: Refusal) => `${act} was refused by the host (${because}): ${words}`;

export const errors = {
  "swap-refused": {
    sentence: refused,
    hint: () => "Nothing was changed by this step. Look at what it names, mend that, and let the operation go on.",
    fault: "machine",
    retry: true,
  },
  "array-broke": {
    sentence: refused,
    hint: () =>
      "Pull nothing. Back up what still reads; the array takes no writes until it was unmounted, stopped and assembled " +
      "again (for the root array: a reboot).",
    fault: "machine",
    retry: false,
  },
  "act-failed": {
    sentence: ({ act, exitCode, output }: { act: string; exitCode: number | null; output: string }) =>
      `${act} ended with ${exitCode ?? "a signal"}${output.trim() ? `; its last words:\n${output.trim()}` : ""}`,
    hint: () => "It can be run again: what is done is found done. See its words for the cause.",
    fault: "machine",
    retry: true,
  },
  "act-unreadable": {
    sentence: ({ act, reason }: { act: string; reason: string }) =>
      `what ${act} printed can't be understood: ${reason}`,
    hint: () => "It is ours: run again with --debug and report what it printed.",
    fault: "defect",
    retry: false,
  },
  "no-swap-plan": {
    sentence: ({ disk, why }: { disk: string; why: string }) => `no plan can be made for replacing ${disk}: ${why}`,
    hint: () => "Nothing was touched. `provision disk status NODE` shows what is known of the node's disks and arrays.",
    fault: "input",
    retry: false,
  },
} satisfies ErrorTable;

export const fail = failer(errors);
