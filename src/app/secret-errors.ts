import { type ErrorTable, failer } from "../errors.ts";

export const errors = {
  "identity-missing": {
    sentence: (d: { file: string; count: number }) =>
      `${d.count === 1 ? "A value is" : `${d.count} values are`} encrypted, and the identity that opens ${d.count === 1 ? "it" : "them"} isn't there: ${d.file}`,
    hint: () =>
      "Put it there from your backup, or name its file in PROVISION_AGE_IDENTITY; for a new one: provision secret init",
    fault: "environment",
    retry: false,
  },
  "identity-unreadable": {
    sentence: (d: { file: string; reason: string }) => `The identity ${d.file} can't be read: ${d.reason}`,
    hint: () => "Run the same command with sudo, or name a file of your own in PROVISION_AGE_IDENTITY",
    fault: "environment",
    retry: false,
  },
  "identity-exposed": {
    sentence: (d: { file: string; mode: string }) =>
      `Others than its owner may touch the identity ${d.file}: its mode is ${d.mode}`,
    hint: (d: { file: string }) =>
      `Run: chmod 600 ${d.file}; if others may have read it, make a new one and encrypt new secrets`,
    fault: "environment",
    retry: false,
  },
  "identity-invalid": {
    sentence: (d: { file: string }) => `${d.file} holds no age identity of the kind X25519`,
    hint: () =>
      "It has a line that begins with AGE-SECRET-KEY-1, as age-keygen writes it; make one with: provision secret init",
    fault: "environment",
    retry: false,
  },
  "secret-not-for-us": {
    sentence: (d: { recipients: readonly string[] }) => `This value isn't encrypted for ${d.recipients.join(" or ")}`,
    hint: () => "Who can open it adds that line to secrets.recipients in site.yaml and runs: provision secret rekey",
    fault: "environment",
    retry: false,
  },
  "secret-damaged": {
    sentence: () => "This encrypted value was changed or cut after it was made, or is no text",
    hint: () => "Take it from an older version of the file, or encrypt the secret again: provision secret encrypt",
    fault: "input",
    retry: false,
  },
  "recipients-missing": {
    sentence: () => "site.yaml names nobody for whom values could be encrypted",
    hint: () => "See the lines for it: provision secret init",
    fault: "input",
    retry: false,
  },
  "recipient-invalid": {
    sentence: (d: { recipient: string }) => `${d.recipient} is no age recipient: its checksum is wrong`,
    hint: () => "Copy it whole, as it was printed by: provision secret init",
    fault: "input",
    retry: false,
  },
  "recipients-without-us": {
    sentence: (d: { recipient: string }) =>
      `secrets.recipients lacks ${d.recipient}, with whose identity the values are opened now`,
    hint: () =>
      "Add it, or let somebody rekey who stays: afterwards nobody here could open them, nor end what was begun",
    fault: "input",
    retry: false,
  },
  "secret-empty": {
    sentence: () => "No secret was given",
    hint: () =>
      "Type it when asked, or pipe it: provision secret encrypt < FILE; never as an argument, where others can see it",
    fault: "input",
    retry: false,
  },
} satisfies ErrorTable;

export const fail = failer(errors);
