import { execFile, spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");
export const program = join(root, "bin/provision");

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A site of its own for one story: the demo's inventory under another name, in another namespace, with state elsewhere. */
export interface StorySite {
  readonly folder: string;
  readonly namespace: string;
  readonly environment: Readonly<Record<string, string>>;
  /** `provision ARGS`, with the story's inventory. */
  provision(...args: readonly string[]): Promise<CommandResult>;
  /** The same, killed (SIGKILL) as soon as its standard output has this in it. */
  killAt(said: string, ...args: readonly string[]): Promise<CommandResult>;
  /** `provision serve`, until the returned function has stopped it. */
  serve(): Promise<() => Promise<CommandResult>>;
  /** The same by a copy of the program. */
  provisionOf(copy: string, ...args: readonly string[]): Promise<CommandResult>;
  /** A program inside the rack's network namespace. */
  inRack(...argv: readonly string[]): Promise<CommandResult>;
  /** Changes a file of the inventory. */
  edit(file: string, change: (text: string) => string): void;
  remove(): void;
}

/** The image cache is the machine's own, so that an image is built once for all stories; or else in the site's folder. */
export function createSite(name: string, options: { readonly ownCache?: boolean } = {}): StorySite {
  const folder = mkdtempSync(join(tmpdir(), `provision-${name}-`));
  const inventory = join(folder, "inventory");
  const namespace = `pv-${name}-${process.pid}`;
  cpSync(join(root, "inventory"), inventory, { recursive: true });
  const environment = {
    ...process.env,
    PROVISION_STATE_DIR: join(folder, "state"),
    PROVISION_RUN_DIR: join(folder, "run"),
    ...(options.ownCache ? { PROVISION_CACHE_DIR: join(folder, "cache") } : {}),
  };
  const edit = (file: string, change: (text: string) => string) => {
    const path = join(inventory, file);
    writeFileSync(path, change(readFileSync(path, "utf8")));
  };
  edit("site.yaml", (text) =>
    text
      .replace("name: demo", `name: ${name}`)
      .replace("provision-demo", namespace)
      .replace("/run/provision/demo/", `${folder}/run/${name}/`),
  );
  return {
    folder,
    namespace,
    environment: environment as Record<string, string>,
    provision: (...args) => tryRun(program, ["--inventory", inventory, ...args], environment),
    killAt: (said, ...args) => runUntil(said, ["--inventory", inventory, ...args], environment),
    serve: () => startServing(["--inventory", inventory, "serve"], environment),
    provisionOf: (copy, ...args) =>
      tryRun(
        join(root, "node_modules/.bin/node"),
        [join(copy, "bin/start.ts"), "--inventory", inventory, ...args],
        environment,
      ),
    inRack: (...argv) => tryRun("ip", ["netns", "exec", namespace, ...argv], environment),
    edit,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** bin/provision becomes the program (execve(2)), so that the process that was started is the one to kill. */
async function runUntil(said: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<CommandResult> {
  const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk;
  });
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk;
    if (stdout.includes(said)) child.kill("SIGKILL");
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { exitCode: code ?? -1, stdout, stderr };
}

/** Resolves when the daemon says that it serves. */
async function startServing(args: readonly string[], env: NodeJS.ProcessEnv): Promise<() => Promise<CommandResult>> {
  const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  const said = { stdout: "", stderr: "" };
  const ended = new Promise<CommandResult>((resolve) =>
    child.once("close", (code) => resolve({ exitCode: code ?? -1, ...said })),
  );
  const ready = new Promise<void>((resolve) =>
    child.stdout.on("data", (chunk: Buffer) => {
      said.stdout += chunk;
      if (said.stdout.includes("serving site")) resolve();
    }),
  );
  child.stderr.on("data", (chunk: Buffer) => {
    said.stderr += chunk;
  });
  const early = ended.then(({ stderr }) => Promise.reject(new Error(`provision serve ended: ${stderr}`)));
  early.catch(() => {});
  await Promise.race([ready, early]);
  return () => {
    child.kill("SIGTERM");
    return ended;
  };
}

/** The program once more, in a folder where a test may break it. */
export function copyProgram(folder: string): string {
  for (const part of ["bin", "src", "roles", "templates", "package.json"])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  return folder;
}

const longestOutputBytes = 32 * 2 ** 20;

async function tryRun(file: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<CommandResult> {
  try {
    const { stdout, stderr } = await run(file, [...args], { env, maxBuffer: longestOutputBytes });
    return { exitCode: 0, stdout, stderr };
  } catch (thrown) {
    const { code, stdout = "", stderr = "" } = thrown as { code?: number; stdout?: string; stderr?: string };
    return { exitCode: typeof code === "number" ? code : -1, stdout, stderr };
  }
}

/** The objects of a `--json` command's output, a line each. */
export const jsonLines = (text: string): readonly Record<string, never>[] =>
  text
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Record<string, never>);
