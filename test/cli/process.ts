import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";

export const root = join(import.meta.dirname, "../..");

/** Compiled code that the processes of one test file share: it halves their start. */
const compiled = mkdtempSync(join(tmpdir(), "cli-"));
process.once("exit", () => rmSync(compiled, { recursive: true, force: true }));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Without root's rights, by setpriv(1): another user without groups. May still read, since a checkout can lie where only
 * root looks.
 */
const asNobody = [
  ...["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--securebits", "+no_setuid_fixup"],
  ...["--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search"],
];

export interface RunOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly nobody?: boolean;
  /** On a terminal of its own, by script(1); standard error is there too. */
  readonly terminal?: boolean;
  /** What is piped in; nobody is at its standard input otherwise. */
  readonly input?: string;
  /** Typed once the process has said this. */
  readonly typed?: { readonly after: RegExp; readonly keys: string };
}

function typeWhenAsked(child: ChildProcessWithoutNullStreams, { after, keys }: NonNullable<RunOptions["typed"]>): void {
  let said = "";
  let isTyped = false;
  child.stdout.on("data", (chunk: Buffer) => {
    said += chunk;
    if (isTyped || !after.test(said)) return;
    isTyped = true;
    child.stdin.write(keys);
  });
}

/** Runs the command line as a process of its own, with nobody at its standard input. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const own = [process.execPath, "--disable-warning=ExperimentalWarning", join(root, "bin/start.ts"), ...argv];
  const user = options.nobody && process.getuid?.() === 0 ? [...asNobody, ...own] : own;
  const quoted = user.map((word) => `'${word}'`).join(" ");
  const [program = "", ...rest] = options.terminal ? ["script", "-qec", quoted, "/dev/null"] : user;
  const env = { ...process.env, TERM: "xterm", NODE_COMPILE_CACHE: compiled, ...options.environment };
  const child = spawn(program, rest, { cwd: root, env, stdio: ["pipe", "pipe", "pipe"] });
  if (options.typed) typeWhenAsked(child, options.typed);
  else child.stdin.on("error", () => {}).end(options.input ?? "");
  const closed = new Promise<number | null>((resolve, reject) => child.once("error", reject).once("close", resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  return { code, stdout, stderr };
}
