import { type ChildProcess, execFileSync, spawn } from "node:child_process";

/** A program in one of our namespaces, its output kept. End it with `stop`. */
export interface Running {
  readonly output: () => string;
  /** Resolves when the output matches; rejects with all of it after `timeoutMs` or when the program ends first. */
  until(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>;
  signal(name: NodeJS.Signals): void;
  stop(): Promise<void>;
}

export const run = (...argv: string[]): string =>
  execFileSync(argv[0]!, argv.slice(1), { encoding: "utf8", stdio: "pipe" });

/** Fails with a sentence when a peer is missing, so that no test passes by not running. */
export function requirePrograms(...names: string[]): void {
  const missing = names.filter((name) => {
    try {
      run("sh", "-c", `PATH=$PATH:/usr/sbin:/sbin command -v ${name}`);
      return false;
    } catch {
      return true;
    }
  });
  if (missing.length > 0) throw new Error(`install ${missing.join(", ")}: these tests speak to real peers`);
  if (process.getuid?.() !== 0) throw new Error("run as root: these tests make network namespaces");
}

const started = new Set<Running>();

/** Ends what a failed test left running. */
export async function stopAll(): Promise<void> {
  for (const each of started) await each.stop();
}

export function startIn(namespace: string, ...argv: string[]): Running {
  const child = spawn("ip", ["netns", "exec", namespace, ...argv], { stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (text += String(chunk)));
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const running: Running = {
    output: () => text,
    until: (pattern, timeoutMs = 15_000) => watch(child, { pattern, timeoutMs, text: () => text }),
    signal: (name) => child.kill(name),
    stop: async () => {
      child.kill("SIGTERM");
      await ended;
    },
  };
  started.add(running);
  void ended.then(() => started.delete(running));
  return running;
}

function watch(
  child: ChildProcess,
  of: { pattern: RegExp; timeoutMs: number; text: () => string },
): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    const look = (isLast: boolean) => {
      const match = of.pattern.exec(of.text());
      if (match) resolve(match);
      else if (isLast) reject(new Error(`no ${of.pattern} in:\n${of.text()}`));
      if (match || isLast) clearTimeout(timer);
    };
    const timer = setTimeout(() => look(true), of.timeoutMs);
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", () => look(false));
    child.once("close", () => look(true));
    look(false);
  });
}

export interface Cable {
  readonly from: { readonly namespace: string; readonly name: string; readonly address?: string };
  readonly to: Cable["from"] & { readonly mac?: string };
}

/** A veth pair, both ends up. Checksums are made at once: raw-socket peers drop what the kernel would finish later. */
export function connect({ from, to }: Cable): void {
  run(
    "ip",
    "link",
    "add",
    from.name,
    "netns",
    from.namespace,
    "type",
    "veth",
    "peer",
    "name",
    to.name,
    "netns",
    to.namespace,
  );
  if (to.mac) run("ip", "-n", to.namespace, "link", "set", to.name, "address", to.mac);
  for (const { namespace, name, address } of [from, to]) {
    if (address) run("ip", "-n", namespace, "addr", "add", address, "dev", name);
    run("ip", "-n", namespace, "link", "set", name, "up");
    run("ip", "netns", "exec", namespace, "ethtool", "-K", name, "tx", "off");
  }
}

export function addNamespace(name: string): void {
  run("ip", "netns", "add", name);
  run("ip", "-n", name, "link", "set", "lo", "up");
}

export function deleteNamespace(name: string): void {
  run("ip", "netns", "del", name);
}
