import { hostname } from "node:os";
import { join, relative } from "node:path";
import { quoteSh } from "../transport/quote.ts";

/** Who is at the keyboard, for the history: the person behind sudo(8), not root. */
export const operator = (environment: Readonly<Record<string, string | undefined>>) =>
  `${environment.SUDO_USER ?? environment.USER ?? "root"}@${hostname()}`;

const program = join(import.meta.dirname, "../../bin/provision");

/** The same command line for root, by the shortest name of this very program: sudo(8) looks through another PATH. */
export function asRoot(argv: readonly string[], folder: string): string {
  const near = relative(folder, program);
  return ["sudo", near.startsWith("..") ? program : near, ...argv].map(quoteSh).join(" ");
}
