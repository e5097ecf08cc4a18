import type { CliCommand } from "../command.ts";

/** Typed all day, and worth a start without what the others load. Each is in the whole list too. */
const quick: Readonly<Record<string, () => Promise<CliCommand>>> = {
  plan: async () => (await import("./plan.ts")).plan,
  apply: async () => (await import("./apply.ts")).apply,
  verify: async () => (await import("./verify.ts")).verify,
  status: async () => (await import("./status.ts")).status,
  drift: async () => (await import("./drift.ts")).drift,
};

/** The command that is meant, alone, if it is one of the quick ones; else all, so that help and suggestions know them. */
export async function neededCommands(argv: readonly string[]): Promise<readonly CliCommand[]> {
  const word = argv.find((one, index) => !one.startsWith("-") && argv[index - 1] !== "--inventory") ?? "";
  const load = Object.hasOwn(quick, word) ? quick[word] : undefined;
  return load ? [await load()] : (await import("./list.ts")).commands;
}
