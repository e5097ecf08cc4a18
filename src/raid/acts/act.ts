import { quoteSh } from "../../transport/quote.ts";
import { fail } from "../errors.ts";
import { actShell } from "./act-shell.ts";

/** Something done to a host's disks, in one execution: whoever is interrupted does it again. */
export interface Act {
  readonly name: string;
  /** A whole program in POSIX sh, fed on stdin. */
  readonly script: string;
  readonly limitMs: number;
}

/** A partition of a disk, by what doesn't change: the disk's serial number, and the partition's; 0: the whole disk. */
export interface Place {
  readonly serial: string;
  readonly partition: number;
}

export interface Program {
  readonly name: string;
  readonly limitMs: number;
  /** Functions beyond those of {@link actShell}. */
  readonly shell?: readonly string[];
  readonly body: string;
}

/**
 * One act at a time: that of a controller that was killed goes on here, and whoever takes over sends the next one. flock(1)'s
 * descriptor isn't handed on, so that what an act leaves running doesn't hold it.
 */
const inTurn = (limitMs: number) => `
act_main() {
  if have flock && ( : >> /run/lock/provision-act ) 2>/dev/null; then
    exec 9>> /run/lock/provision-act
    flock -w ${Math.ceil(limitMs / 1000)} 9 || refuse still-busy 'an earlier act is still at work on this host'
  fi
  act_body 9>&-
}`;

/** The function is called when the whole program has arrived: a lost connection can't run half of it. */
export function act({ name, limitMs, shell = [], body }: Program): Act {
  const own = [`act_body() {\n${body.trim()}\n}`, inTurn(limitMs)];
  const parts = [actShell, ...shell, ...own, "act_main </dev/null\nexit $?\n"];
  return {
    name,
    limitMs,
    script: parts
      .map((part) => part.trim())
      .join("\n")
      .concat("\n"),
  };
}

/** One call of a shell function; numbers and words are quoted. @throws RangeError on a number that is none */
export function call(name: string, ...words: readonly (string | number)[]): string {
  return [name, ...words.map(quoted)].join(" ");
}

/** One word of a script, whatever is in it. @throws RangeError on a number that is none */
export function quoted(value: string | number): string {
  if (typeof value === "string") return value === "" ? "''" : quoteSh(value);
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is no number for a script`);
  return String(value);
}

/** What mdadm writes in four groups and sysfs with dashes: the bare digits, as `a_find` compares them. */
export const bareUuid = (uuid: string) => uuid.replaceAll(/[:-]/g, "").toLowerCase();

const tailLines = 12;

/**
 * The lines that an act printed. Pure.
 * @throws `array-broke` (an attempt was made, and the array takes no more writes), `swap-refused` (nothing was done; with the host's words), `act-failed`
 */
export function readAct(
  { name }: Pick<Act, "name">,
  result: { readonly exitCode: number | null; readonly stdout: string; readonly stderr: string },
): readonly string[] {
  const lines = result.stdout.split("\n").filter((line) => line.trim() !== "");
  if (result.exitCode === 0) return lines;
  const refusal = result.exitCode === 3 ? refusalIn(lines) : undefined;
  if (refusal)
    throw fail(refusal.because === "array-broke" ? "array-broke" : "swap-refused", { act: name, ...refusal });
  const said = [...lines, ...result.stderr.split("\n").filter((line) => line.trim() !== "")];
  throw fail("act-failed", { act: name, exitCode: result.exitCode, output: said.slice(-tailLines).join("\n") });
}

function refusalIn(lines: readonly string[]) {
  const line = lines.findLast((one) => one.startsWith("@refuse "));
  const [, because, words = ""] = /^@refuse (\S+) ?(.*)$/.exec(line ?? "") ?? [];
  return because === undefined ? undefined : { because, words };
}
