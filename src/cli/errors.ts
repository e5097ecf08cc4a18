import { type ErrorTable, failer } from "../errors.ts";

export const errors = {
  "erase-not-confirmed": {
    sentence: (d: { node: string; typed: string | undefined }) =>
      d.typed === undefined
        ? `Reinstalling ${d.node} erases its disks, and nobody confirmed it`
        : `Reinstalling ${d.node} erases its disks, and what was typed is "${d.typed}"`,
    hint: (d: { node: string }) => `Type ${d.node} when asked, or run: provision node ${d.node} --yes-erase ${d.node}`,
    fault: "input",
    retry: false,
  },
  "power-action-unknown": {
    sentence: (d: { wanted: string }) => `"${d.wanted}" is nothing that a BMC does to a machine's power`,
    hint: (d: { known: readonly string[] }) => `Say one of: ${d.known.join(", ")}`,
    fault: "input",
    retry: false,
  },
  "render-kind-unknown": {
    sentence: (d: { wanted: string }) => `"${d.wanted}" is nothing that can be rendered`,
    hint: (d: { known: readonly string[] }) => `Say one of: ${d.known.join(", ")}`,
    fault: "input",
    retry: false,
  },
} satisfies ErrorTable;

export const fail = failer(errors);
