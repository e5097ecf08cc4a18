import { type ErrorTable, failer } from "../../errors.ts";

export const errors = {
  "rack-plan": {
    sentence: (d: { name: string; problems: readonly string[] }) => `Rack ${d.name} can't be: ${d.problems.join("; ")}`,
    hint: () => "Correct the inventory's nodes and networks, then run: provision inventory check",
    fault: "input",
    retry: false,
  },
  "rack-not-root": {
    sentence: () => "The virtual rack needs root: it makes a network namespace",
    hint: () => "Run it again with sudo",
    fault: "environment",
    retry: false,
  },
  "rack-package-missing": {
    sentence: (d: { packages: readonly string[]; missing: readonly string[] }) =>
      `The virtual rack lacks ${d.missing.join(", ")} (Debian packages: ${d.packages.join(" ")})`,
    hint: (d: { packages: readonly string[] }) =>
      `Run: sudo apt-get install --no-install-recommends ${d.packages.join(" ")}`,
    fault: "environment",
    retry: false,
  },
  "rack-already-up": {
    sentence: (d: { name: string }) => `Rack ${d.name} is up with other machines or settings than it should have now`,
    hint: () => "Take it down first, its disks with it: provision lab down",
    fault: "input",
    retry: false,
  },
  "rack-busy": {
    sentence: (d: { name: string; pid: number }) => `Rack ${d.name} is just being brought up by process ${d.pid}`,
    hint: () => "Wait until it is done, then look: provision lab status",
    fault: "environment",
    retry: true,
  },
  "rack-namespace-taken": {
    sentence: (d: { namespace: string }) => `A network namespace ${d.namespace} exists that this rack did not make`,
    hint: (d: { namespace: string }) =>
      `Set controller.namespace in site.yaml to another name, or if nobody needs it: sudo ip netns delete ${d.namespace}`,
    fault: "environment",
    retry: false,
  },
  "rack-folder-taken": {
    sentence: (d: { folder: string }) => `${d.folder} holds files that no rack made`,
    hint: () => "Move them away, or set PROVISION_STATE_DIR and PROVISION_RUN_DIR to other folders",
    fault: "environment",
    retry: false,
  },
  "rack-network": {
    sentence: (d: { command: string; stderr: string }) => `The rack's network: ${d.command} failed: ${d.stderr.trim()}`,
    hint: () =>
      "The kernel must offer network namespaces, bridges, veth pairs and /dev/net/tun (modules bridge, veth, tun)",
    fault: "environment",
    retry: false,
  },
  "rack-port-busy": {
    sentence: (d: { what: string; address: string; reason: string }) =>
      `${d.what} can't listen on ${d.address} (${d.reason})`,
    hint: () => "EADDRINUSE: find who holds it (ss -lnp) and end it, or take another address",
    fault: "environment",
    retry: true,
  },
  "rack-process-failed": {
    sentence: (d: { what: string; detail: string }) => `The rack's ${d.what} did not start: ${d.detail}`,
    hint: () => "Its words are above, and --debug shows more. Clean up with: provision lab down",
    fault: "environment",
    retry: true,
  },
  "rack-machine-did-not-start": {
    sentence: (d: { machine: string; detail: string }) => `Machine ${d.machine} did not start: ${d.detail}`,
    hint: () => "The words are QEMU's: often too little memory, or a disk file in use by another QEMU",
    fault: "environment",
    retry: true,
  },
  "rack-not-up": {
    sentence: (d: { name: string }) => `Rack ${d.name} is not up`,
    hint: () => "Run: provision lab up",
    fault: "input",
    retry: false,
  },
  "rack-no-such-machine": {
    sentence: (d: { machine: string; known: readonly string[] }) => `The rack has no machine ${d.machine}`,
    hint: (d: { machine: string; known: readonly string[] }) => `It has: ${d.known.join(", ")}`,
    fault: "input",
    retry: false,
  },
  "rack-no-such-disk": {
    sentence: (d: { machine: string; serial: string; known: readonly string[] }) =>
      `No bay of ${d.machine} holds a disk ${d.serial}`,
    hint: (d: { known: readonly string[] }) => `They hold: ${d.known.join(", ") || "nothing"}`,
    fault: "input",
    retry: false,
  },
  "rack-disk-twice": {
    sentence: (d: { machine: string; serial: string }) => `${d.machine} has a disk ${d.serial} already`,
    hint: () => "Every disk has a serial number of its own: choose another one.",
    fault: "input",
    retry: false,
  },
  "rack-bays-full": {
    sentence: (d: { machine: string }) => `Every bay of ${d.machine} has a disk in it`,
    hint: (d: { machine: string }) => `Pull one first: provision lab pull ${d.machine} SERIAL`,
    fault: "input",
    retry: false,
  },
} satisfies ErrorTable;

export const fail = failer(errors);
