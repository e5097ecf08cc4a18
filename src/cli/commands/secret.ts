import { encryptSecret, initSecrets, rekeySecrets } from "../../app/secrets.ts";
import type { CliCommand } from "../command.ts";

export const secretInit: CliCommand = {
  name: "secret init",
  summary: "Make the age identity that opens this site's encrypted values, if there is none; print its recipient",
  example: "secret init",
  run: async (_, context) => {
    const result = await initSecrets(context);
    const { file, made, recipients, missing, hasRecipients } = result;
    const lines = hasRecipients
      ? ["Add under secrets.recipients in site.yaml, then run provision secret rekey where the values can be opened:"]
      : ["Add to site.yaml:", "", "secrets:", "  recipients:"];
    return {
      json: result,
      text: ({ good, warn }) =>
        [
          `${good("✔")} ${made ? "made" : "found"} the identity ${file}`,
          ...(made ? [`${warn("!")} Back it up: without it nobody opens what is encrypted for it`] : []),
          ...recipients.map((recipient) => `  recipient ${recipient}`),
          ...(missing.length > 0 ? ["", ...lines, ...missing.map((recipient) => `    - ${recipient}`)] : []),
        ].join("\n"),
    };
  },
};

export const secretEncrypt: CliCommand = {
  name: "secret encrypt",
  summary: "Encrypt a value for the inventory; asks for it, or reads it from standard input",
  example: "secret encrypt",
  run: async (_, context) => {
    const ask = () => context.terminal.askSecret("The secret (it is not shown):");
    const value = `!secret ${await encryptSecret(context, ask)}`;
    return { json: { value }, text: () => value };
  },
};

export const secretRekey: CliCommand = {
  name: "secret rekey",
  summary: "Encrypt every value of the inventory anew, after secrets.recipients in site.yaml changed",
  example: "secret rekey",
  run: async (_, context) => {
    const result = await rekeySecrets(context);
    const count = result.files.reduce((sum, { secrets }) => sum + secrets, 0);
    return {
      json: result,
      text: ({ good }) =>
        [
          `${good("✔")} ${counted(count, "value is", "values are")} encrypted for ${counted(result.recipients.length, "recipient", "recipients")}`,
          ...result.files.map(({ file, secrets }) => `  ${file}: ${secrets}`),
        ].join("\n"),
    };
  },
};

const counted = (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`;
