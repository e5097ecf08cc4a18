import type { Clock } from "../clock.ts";
import { fail } from "./errors.ts";
import { createLocalShell } from "./local.ts";
import { quoteArgv, quoteSh } from "./quote.ts";
import type { Command, RunOptions, Shell } from "./shell.ts";

/** A container on this machine, and the way in. */
export type ContainerTarget =
  /** By its first process, as this machine counts it: any container, whoever made it (nsenter(1)). */
  | { readonly kind: "pid"; readonly pid: number }
  /** As machinectl(1) knows it. */
  | { readonly kind: "machine"; readonly name: string }
  | { readonly kind: "docker" | "podman"; readonly name: string };

/** `machine:web01`, `docker:web01`, `podman:web01`, `pid:4711`; anything else is no container. */
export function parseContainer(text: string): ContainerTarget | undefined {
  const [, kind = "", name = ""] = /^(machine|docker|podman|pid):([A-Za-z0-9][A-Za-z0-9_.-]*)$/.exec(text) ?? [];
  if (kind === "pid") return /^[1-9]\d{0,6}$/.test(name) ? { kind, pid: Number(name) } : undefined;
  return kind === "machine" || kind === "docker" || kind === "podman" ? { kind, name } : undefined;
}

export const containerName = (target: ContainerTarget) =>
  target.kind === "pid" ? `pid:${target.pid}` : `${target.kind}:${target.name}`;

/** What a login would set; this machine's own environment stays outside. */
const environment = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root"];

/**
 * A shell as root in a container. When a command runs out of time, everything in its process group ends; under docker and
 * podman only our side does. Throws `container-missing` when there is no such container.
 */
export async function openContainer(target: ContainerTarget, { clock }: { clock: Clock }): Promise<Shell> {
  const local = createLocalShell({ clock });
  const enter = await wayIn(target, local);
  return {
    name: containerName(target),
    run: (command, options = {}) => {
      const { cwd: _cwd, environment: _environment, ...rest } = options;
      const { argv, stdin } = inside(command, options);
      return local.run({ argv: [...enter, ...argv] }, stdin === undefined ? rest : { ...rest, stdin });
    },
    close: () => local.close(),
  };
}

/** All of a container's namespaces, its root and its working directory. */
const nsenter = (pid: number) => {
  const namespaces = ["--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root", "--wd"];
  return ["nsenter", `--target=${pid}`, ...namespaces, "--", "env", "-i", ...environment];
};

async function wayIn(target: ContainerTarget, local: Shell): Promise<readonly string[]> {
  const missing = (output: string) => fail("container-missing", { container: containerName(target), output });
  if (target.kind === "pid") {
    const found = await local.run({ argv: ["test", "-d", `/proc/${target.pid}/ns`] });
    if (found.exitCode !== 0) throw missing("there is no such process");
    return nsenter(target.pid);
  }
  if (target.kind === "machine") {
    const { stdout, stderr } = await local.run({
      argv: ["machinectl", "show", "-p", "Leader", "--value", target.name],
    });
    const pid = Number(stdout.trim());
    if (!Number.isInteger(pid) || pid <= 1) throw missing(stderr.trim());
    return nsenter(pid);
  }
  const argv = [target.kind, "inspect", "--format", "{{.State.Running}}", target.name];
  const { stdout, stderr } = await local.run({ argv });
  if (stdout.trim() !== "true") throw missing(stderr.trim() || "it doesn't run");
  return [target.kind, "exec", "--interactive", "--user", "0", target.name, "env", ...environment.slice(1)];
}

/** A script travels on stdin, where no process list shows it. */
function inside(command: Command, options: RunOptions): { argv: readonly string[]; stdin: RunOptions["stdin"] } {
  const alone = "script" in command && options.stdin === undefined;
  const argv = "argv" in command ? command.argv : alone ? ["sh", "-s"] : ["sh", "-c", command.script];
  const set = Object.entries(options.environment ?? {}).map(([key, value]) => `${key}=${value}`);
  const program = set.length > 0 ? ["env", ...set, ...argv] : argv;
  const moved =
    options.cwd === undefined ? program : ["sh", "-c", `cd -- ${quoteSh(options.cwd)} && exec ${quoteArgv(program)}`];
  return { argv: moved, stdin: alone ? command.script : options.stdin };
}
