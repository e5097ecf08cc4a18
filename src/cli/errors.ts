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
  "resource-type-unknown": {
    sentence: (d: { name: string; hint: string }) => `There is no resource type "${d.name}"`,
    hint: (d: { hint: string }) => d.hint,
    fault: "input",
    retry: false,
  },
  "demo-needs-root": {
    sentence: () => "The demo needs root: it makes a network namespace and serves DHCP and TFTP in it",
    hint: (d: { command: string }) => `Run: sudo ${d.command}`,
    fault: "environment",
    retry: false,
  },
  "namespace-missing": {
    sentence: (d: { name: string }) => `The site's network namespace ${d.name} is not there`,
    hint: () =>
      "If it is the virtual rack's: provision lab up. On real hardware leave controller.namespace out of site.yaml",
    fault: "environment",
    retry: false,
  },
  "command-needs-root": {
    sentence: (d: { why: string }) => `This command needs root: ${d.why}`,
    hint: (d: { command: string }) => `Run: ${d.command}`,
    fault: "environment",
    retry: false,
  },
  usage: {
    sentence: (d: { said: string }) => d.said,
    hint: (d: { advice: string }) => d.advice,
    fault: "input",
    retry: false,
  },
  interrupted: {
    sentence: (d: { signal: string }) => `Stopped by ${d.signal}`,
    hint: () => "Run the same command again when you want it.",
    fault: "environment",
    retry: true,
  },
  "swap-not-begun": {
    sentence: (d: { node: string }) => `Nothing was done to ${d.node}`,
    hint: () => "It begins only when yes is typed, or with --yes.",
    fault: "input",
    retry: false,
  },
  "drill-not-installed": {
    sentence: (d: { node: string }) => `${d.node} has no system yet that a disk could be replaced under`,
    hint: (d: { node: string }) => `Install it first: provision node ${d.node}`,
    fault: "input",
    retry: false,
  },
  "drill-too-few-disks": {
    sentence: (d: { node: string }) => `${d.node} isn't a machine of the virtual rack with two disks in it`,
    hint: () => "See: provision lab status; an empty bay is filled by: provision lab insert NODE SERIAL",
    fault: "input",
    retry: false,
  },
} satisfies ErrorTable;

export const fail = failer(errors);
