import { type ErrorTable, failer } from "../errors.ts";

interface Of {
  readonly node: string;
}

export const errors = {
  "bmc-power-not-reached": {
    sentence: (d: Of & { action: string; seen: string; waitedMs: number }) =>
      `${d.node} was told to power ${d.action}, but its BMC says "${d.seen}" after ${Math.round(d.waitedMs / 1000)} s`,
    hint: (d: Of & { action: string }) =>
      d.action === "soft"
        ? `Its operating system does not shut down; to pull the plug instead: provision bmc power ${d.node} off`
        : `Look at the machine and its BMC's event log; the present state: provision bmc status ${d.node}`,
    fault: "machine",
    retry: true,
  },
  "bmc-machine-is-off": {
    sentence: (d: Of) => `${d.node} is off, so it can't be reset`,
    hint: (d: Of) => `Switch it on: provision bmc power ${d.node} on`,
    fault: "input",
    retry: false,
  },
  "bmc-boot-device-not-kept": {
    sentence: (d: Of & { wanted: string; kept: string }) =>
      `The BMC of ${d.node} said yes to boot device ${d.wanted}, and then reads ${d.kept}`,
    hint: (d: Of) =>
      `Check that firmware: of ${d.node} is right in the inventory (bios or uefi); some BMCs keep boot devices only while the machine is off`,
    fault: "machine",
    retry: true,
  },
  "bmc-power-unknown": {
    sentence: (d: Of) => `Nobody has said yet whether ${d.node} is on: it has no BMC (driver manual)`,
    hint: (d: Of) => `Power it by the command, which asks a person: provision bmc power ${d.node} on`,
    fault: "input",
    retry: false,
  },
  "bmc-needs-a-person": {
    sentence: (d: Of & { question: string }) => `${d.node} has no BMC, and nobody is here to ask: ${d.question}`,
    hint: () => "Run the command on a terminal, or give the node a BMC in the inventory",
    fault: "input",
    retry: true,
  },
} satisfies ErrorTable;

export const fail = failer(errors);
