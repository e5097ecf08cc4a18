import { type ErrorTable, failer } from "../errors.ts";

export const errors = {
  "run-unknown": {
    sentence: ({ run }: { run: string }) => `there is no run ${run}`,
    hint: () => "The newest ones are shown by: provision runs",
    fault: "input",
    retry: false,
  },
  "run-of-another-node": {
    sentence: ({ run, node, of }: { run: string; node: string; of: string }) =>
      `run ${run} was on ${of}, not on ${node}`,
    hint: ({ node }: { node: string }) => `The runs of this node are shown by: provision runs ${node}`,
    fault: "input",
    retry: false,
  },
  "run-not-kept": {
    sentence: ({ run, host }: { run: string; host: string }) =>
      `${host} keeps nothing of run ${run}: it replaced no file, or it is too long ago`,
    hint: () => "A host keeps what its last 20 runs that replaced files have replaced.",
    fault: "input",
    retry: false,
  },
  "rollback-refused": {
    sentence: ({ run, host, paths }: { run: string; host: string; paths: readonly string[] }) =>
      `not everything that run ${run} replaced on ${host} can be put back:\n  ${paths.join("\n  ")}`,
    hint: () => "Nothing was changed. With --force what was changed since is put back too, and the rest left out.",
    fault: "input",
    retry: false,
  },
} satisfies ErrorTable;

export const fail = failer(errors);
