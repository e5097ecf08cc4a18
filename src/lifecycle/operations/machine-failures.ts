import type { IntentOutcome } from "../../boot/intent.ts";
import type { ProvisionError } from "../../errors.ts";
import { fail } from "../errors.ts";

/** What an installer may report that we have advice for. */
export const machineCodes = [
  "disk-not-found",
  "disk-ambiguous",
  "disk-not-empty",
  "disk-in-use",
  "disk-too-small",
  "image-download-failed",
  "image-digest-mismatch",
] as const;

/** The installer's own words as one of our errors; anything it may say beyond our list is an `install-failed`. */
export function installFailure(node: string, outcome: IntentOutcome & { kind: "failed" }): ProvisionError {
  const { code, sentence } = outcome;
  const known = machineCodes.find((name) => name === code);
  if (known) return fail(known, { node, said: `${node}: ${sentence}` });
  return fail("install-failed", { node, said: code === "installer-failed" ? sentence : `${sentence} (${code})` });
}
