import { createInterface } from "node:readline";
import { systemClock } from "../../src/clock.ts";
import { converge } from "../../src/converge/apply.ts";
import { planCatalogue } from "../../src/converge/plan.ts";
import { Secret } from "../../src/secret.ts";
import type { Shell } from "../../src/transport/shell.ts";
import { createSlots } from "../../src/transport/slots.ts";
import { connectSsh } from "../../src/transport/ssh.ts";
import { compileBench } from "./role.ts";
import { type Workload, workload } from "./workload.ts";

/**
 * Our engine in a process of its own, as a controller that runs has it: it takes one request a line on standard input
 * and answers each with one line of numbers.
 */
export type EngineRequest = {
  readonly size: number;
  readonly present?: readonly string[];
  readonly hosts: readonly EngineHost[];
} & (
  | { readonly op: "plan"; readonly connection: "cold" | "kept" }
  | { readonly op: "converge" }
  | { readonly op: "compile" }
);

export interface EngineHost {
  readonly address: string;
  readonly port: number;
  readonly hostKey: string;
}

export interface EngineAnswer {
  readonly ms: number;
  /** Of this process alone. */
  readonly cpuMs: number;
  /** Commands run on hosts. */
  readonly executions: number;
  /** Resources that differed. */
  readonly changes: number;
  /** The most memory that this process ever had in use (getrusage(2)). */
  readonly peakBytes: number;
}

/** As `provision plan` does it over many nodes. */
const atOnce = 10;

const privateKey = new Secret(process.env.BENCH_KEY ?? "");
const kept = new Map<string, Shell>();
const counted = { executions: 0 };

async function connect({ address, port, hostKey }: EngineHost): Promise<Shell> {
  const target = { host: address, port, user: "root", privateKey, hostKey, timeoutMs: 20_000, clock: systemClock };
  const shell = await connectSsh(target);
  const run: Shell["run"] = (command, options) => {
    counted.executions++;
    return shell.run(command, options);
  };
  return { ...shell, run };
}

async function withShell<T>(host: EngineHost, keep: boolean, work: (shell: Shell) => Promise<T>): Promise<T> {
  if (!keep) {
    const shell = await connect(host);
    return work(shell).finally(() => shell.close());
  }
  const shell = kept.get(host.address) ?? (await connect(host));
  kept.set(host.address, shell);
  return work(shell);
}

async function perform(request: EngineRequest, work: Workload): Promise<number> {
  if (request.op === "compile") return compileBench(work).items.length;
  const inTurn = createSlots(atOnce);
  const changes = await Promise.all(
    request.hosts.map((host) =>
      inTurn(async () => {
        const catalogue = compileBench(work);
        const keep = request.op === "plan" && request.connection === "kept";
        return withShell(host, keep, async (shell) => {
          if (request.op === "plan") return (await planCatalogue(catalogue, shell)).planned.length;
          const { outcome, results } = await converge(catalogue, shell, { clock: systemClock });
          if (outcome === "failed" || outcome === "left") throw new Error(JSON.stringify(results, null, 1));
          return results.length;
        });
      }),
    ),
  );
  return changes.reduce((sum, count) => sum + count, 0);
}

async function answer(line: string): Promise<EngineAnswer> {
  const request = JSON.parse(line) as EngineRequest;
  const work = workload(request.size, request.present);
  counted.executions = 0;
  const cpu = process.cpuUsage();
  const startedMs = systemClock.monotonicMs();
  const changes = await perform(request, work);
  const ms = systemClock.monotonicMs() - startedMs;
  const { user, system } = process.cpuUsage(cpu);
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  return { ms, cpuMs: (user + system) / 1000, executions: counted.executions, changes, peakBytes };
}

for await (const line of createInterface({ input: process.stdin })) {
  try {
    process.stdout.write(`${JSON.stringify(await answer(line))}\n`);
  } catch (thrown) {
    process.stdout.write(`${JSON.stringify({ error: String(thrown) })}\n`);
  }
}
for (const shell of kept.values()) await shell.close();
