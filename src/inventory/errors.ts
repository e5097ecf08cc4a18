import { type ErrorTable, failer } from "../errors.ts";

const inEditor = "Correct the file at the place shown; then run: provision inventory check";

/** A sentence and, where something better than the standing advice is known, a hint. */
export interface Finding {
  readonly what: string;
  readonly hint?: string | undefined;
}

const input = (standing: string) => ({
  sentence: ({ what }: Finding) => what,
  hint: ({ hint }: Finding) => hint ?? standing,
  fault: "input" as const,
  retry: false,
});

/** What an operator can have written wrongly. Every one of these carries its place. */
export const errors = {
  "inventory-missing": {
    sentence: ({ path }: { path: string }) => `${path} does not exist`,
    hint: () =>
      "An inventory is a folder with site.yaml, nodes/, profiles/ and perhaps groups/; name it with --inventory",
    fault: "input",
    retry: false,
  },
  "inventory-unreadable": {
    sentence: ({ path, reason }: { path: string; reason: string }) => `${path} can't be read: ${reason}`,
    hint: () => "Check the file's owner and mode",
    fault: "environment",
    retry: false,
  },
  "inventory-file-name": input(
    "The file's name is the node's, profile's or group's name: a-z, 0-9 and inner hyphens, then .yaml",
  ),
  "inventory-syntax": input(inEditor),
  "inventory-empty": input("Write at least the required keys, or remove the file"),
  "inventory-duplicate-key": input("Keep one of the two"),
  "inventory-unknown-key": input("Remove the key; docs of the inventory list the known ones"),
  "inventory-missing-key": input("Add the key"),
  "inventory-value": input(inEditor),
  "inventory-reference": input(inEditor),
  "inventory-conflict": input("Each must be unique in the site; correct the wrong one"),
  "inventory-address": input("Choose a free address of the network"),
  "inventory-storage": input("Describe each disk by its own serial, as its label or lsblk -o NAME,SERIAL has it"),
  "inventory-mismatch": input(inEditor),
  "inventory-secret": {
    sentence: () => "A !secret holds an age file, armored or as base64 alone; this is none",
    hint: () => "Paste the value whole, as it was printed by: provision secret encrypt",
    fault: "input",
    retry: false,
  },
  "secret-sealed": {
    sentence: () => "This value is encrypted and was not opened",
    hint: () => "It is opened with the controller's identity; see: provision inventory check",
    fault: "input",
    retry: false,
  },
  "inventory-unknown-node": {
    sentence: ({ name }: { name: string }) => `there is no node ${JSON.stringify(name)} in the inventory`,
    hint: ({ known }: { known: string }) => known,
    fault: "input",
    retry: false,
  },
  "inventory-invalid": {
    sentence: ({ count, text }: { count: number; text: string }) => `the inventory has ${count} problems:\n${text}`,
    hint: () => "Correct them all; then run: provision inventory check",
    fault: "input",
    retry: false,
  },
} satisfies ErrorTable;

export const fail = failer(errors);

/** The codes whose details are a {@link Finding}. */
export type FindingCode = {
  [Code in keyof typeof errors]: Parameters<(typeof errors)[Code]["sentence"]>[0] extends Finding ? Code : never;
}[keyof typeof errors];
