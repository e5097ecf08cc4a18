import { type ErrorTable, failer } from "../errors.ts";

/** Which BMC: its address, and the name that people type, which is the node's. */
export interface BmcName {
  readonly name: string;
  readonly address: string;
  readonly port: number;
}

const at = ({ address, port }: BmcName) => (port === 623 ? address : `${address}:${port}`);
const ping = ({ name }: BmcName) => `provision bmc ping ${name}`;

export const errors = {
  "bmc-unreachable": {
    sentence: (d: BmcName & { timeoutMs: number; reason?: string | undefined }) =>
      `BMC ${at(d)} did not answer within ${Math.round(d.timeoutMs)} ms${d.reason ? ` (${d.reason})` : ""}`,
    hint: (d: BmcName) => `Check that UDP ${d.port} of ${d.address} is open from here; then run: ${ping(d)}`,
    fault: "machine",
    retry: true,
  },
  "bmc-password-refused": {
    sentence: (d: BmcName & { user: string }) => `BMC ${at(d)} does not have this password for user "${d.user}"`,
    hint: (d: BmcName) =>
      `Correct bmc.password of ${d.name} in the inventory (some BMCs say the same of an unknown user); then run: ${ping(d)}`,
    fault: "input",
    retry: false,
  },
  "bmc-password-too-long": {
    sentence: (d: BmcName) => `The password for BMC ${at(d)} is longer than the 20 bytes that IPMI 2.0 has for it`,
    hint: (d: BmcName) => `Set a password of at most 20 bytes in the BMC and in bmc.password of ${d.name}`,
    fault: "input",
    retry: false,
  },
  "bmc-user-unknown": {
    sentence: (d: BmcName & { user: string }) => `BMC ${at(d)} has no user "${d.user}", or has it switched off`,
    hint: (d: BmcName) => `Correct bmc.user of ${d.name} in the inventory, or allow that user IPMI over LAN in the BMC`,
    fault: "input",
    retry: false,
  },
  "bmc-privilege-too-low": {
    sentence: (d: BmcName & { user: string; privilege: string }) =>
      `BMC ${at(d)} does not let user "${d.user}" act as ${d.privilege}`,
    hint: (d: BmcName) =>
      `Give that user administrator rights on the LAN channel of ${d.name}'s BMC, or name another user`,
    fault: "input",
    retry: false,
  },
  "bmc-suite-unsupported": {
    sentence: (d: BmcName & { suites: string }) => `BMC ${at(d)} accepts none of the cipher suites ${d.suites}`,
    hint: (d: BmcName) =>
      `Enable cipher suite 17 or 3 in the BMC of ${d.name}. Suite 0 would need no password at all, so it is never used`,
    fault: "machine",
    retry: false,
  },
  "bmc-suite-downgraded": {
    sentence: (d: BmcName & { suite: number; answered: string }) =>
      `BMC ${at(d)} was asked for cipher suite ${d.suite} and answered with ${d.answered}; the session was refused`,
    hint: (d: BmcName) => `Update the BMC of ${d.name}, or look for someone between it and this controller`,
    fault: "machine",
    retry: false,
  },
  "bmc-session-refused": {
    sentence: (d: BmcName & { reason: string }) => `BMC ${at(d)} refused a session: ${d.reason}`,
    hint: (d: BmcName) => `Other sessions may fill it: they end after a minute; then run: ${ping(d)}`,
    fault: "machine",
    retry: true,
  },
  "bmc-key-required": {
    sentence: (d: BmcName) => `BMC ${at(d)} has a second, BMC-wide key (K_G) set, and this login has none`,
    hint: (d: BmcName) => `Clear the K_G of ${d.name}'s BMC: its users' passwords are what provision logs in with`,
    fault: "machine",
    retry: false,
  },
  "bmc-not-ipmi2": {
    sentence: (d: BmcName) => `BMC ${at(d)} speaks IPMI, but not version 2.0 over the network`,
    hint: (d: BmcName) => `Update the firmware of ${d.name}'s BMC, or set its driver to manual`,
    fault: "machine",
    retry: false,
  },
  "bmc-command-refused": {
    sentence: (d: BmcName & { command: string; completion: number; reason: string }) =>
      `BMC ${at(d)} refused ${d.command}: ${d.reason} (completion code ${hex(d.completion)})`,
    hint: (d: BmcName) => `See whether the machine's state allows it: provision bmc status ${d.name}`,
    fault: "machine",
    retry: true,
  },
  "bmc-answer-lost": {
    sentence: (d: BmcName & { command: string; timeoutMs: number }) =>
      `BMC ${at(d)} did not answer ${d.command} within ${Math.round(d.timeoutMs)} ms: it may have done it or not`,
    hint: (d: BmcName) =>
      `It is not sent twice, because doing it twice differs. Look first: provision bmc status ${d.name}`,
    fault: "machine",
    retry: false,
  },
  "bmc-answer-malformed": {
    sentence: (d: BmcName & { command: string; reason: string }) =>
      `BMC ${at(d)} answered ${d.command} with something else than the specification says: ${d.reason}`,
    hint: (d: BmcName) => `Report it with the BMC's firmware version: ${ping(d)}`,
    fault: "machine",
    retry: false,
  },
  "bmc-connection-closed": {
    sentence: (d: BmcName) => `The connection to BMC ${at(d)} was closed while a request waited for it`,
    hint: () => "Run the command again",
    fault: "environment",
    retry: true,
  },
} satisfies ErrorTable;

const hex = (value: number) => `0x${value.toString(16).padStart(2, "0")}`;

export const fail = failer(errors);
