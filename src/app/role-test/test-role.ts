import type { HostKind, RoleCase } from "../../converge/role-case.ts";
import { type Folders, removeKept } from "../../sim/hosts/leftovers.ts";
import { createLocalShell } from "../../transport/local.ts";
import type { Environment } from "../paths.ts";
import { ensureRequirements } from "../requirements.ts";
import type { Surroundings } from "../surroundings.ts";
import { performCase } from "./case-run.ts";
import { fail } from "./errors.ts";
import { type CaseHosts, type CaseStart, hostNames, startCase } from "./lab.ts";
import type { CaseResult, RoleTestEvent, RoleTestResult } from "./outcome.ts";
import { createPhases, type Phases } from "./phases.ts";
import { loadRole, type RoleFolder } from "./role-folder.ts";

export interface RoleTest {
  /** The role's folder. */
  readonly path: string;
  /** Only cases for this kind of host; without it, each on what it says. */
  readonly on?: HostKind | undefined;
  /** Only this case. */
  readonly caseName?: string | undefined;
  /** Leave the hosts running. */
  readonly keep?: boolean;
  readonly signal: AbortSignal;
  onEvent(event: RoleTestEvent): void;
}

export const testFolders = (environment: Environment): Folders => ({
  cacheDir: environment.PROVISION_CACHE_DIR ?? "/var/cache/provision",
  runDir: environment.PROVISION_RUN_DIR ?? "/run/provision",
});

/** Removes the hosts that earlier tests left on purpose; returns the names of their labs. */
export const removeKeptHosts = ({ clock, environment }: Surroundings): Promise<readonly string[]> =>
  removeKept(testFolders(environment), { shell: createLocalShell({ clock }), clock });

/**
 * Tries a role with each of its cases, one after the other. What is wrong with the role is in the result.
 * @throws what loading the role and installing the Debian packages throw, and the signal's reason; nothing is left then
 */
export async function testRole(around: Surroundings, test: RoleTest): Promise<RoleTestResult> {
  const { clock, isRoot, say } = around;
  const startedMs = clock.monotonicMs();
  const tried = await loadRole(test.path);
  const chosen = casesOf(tried, test.caseName);
  const kinds = new Set(chosen.map((one) => test.on ?? one.on ?? "container"));
  const purposes = [...(kinds.has("vm") ? (["hosts", "rack", "image"] as const) : (["hosts"] as const))];
  await ensureRequirements(purposes, { shell: createLocalShell({ clock }), isRoot, say });
  const cases: CaseResult[] = [];
  for (const one of chosen) cases.push(await tryCase(around, test, { tried, one }));
  const outcome = cases.some((one) => one.outcome === "failed") ? "failed" : "good";
  const { role, folder } = tried;
  return { role: role.name, folder, outcome, cases, durationMs: clock.monotonicMs() - startedMs };
}

function casesOf({ role }: RoleFolder, only: string | undefined): readonly RoleCase[] {
  const cases = role.cases ?? [];
  if (cases.length === 0) throw fail("role-without-cases", { role: role.name });
  const chosen = cases.filter(({ name }) => only === undefined || name === only);
  if (chosen.length > 0) return chosen;
  throw fail("case-unknown", { role: role.name, name: only ?? "", known: cases.map(({ name }) => name) });
}

type Wanted = Pick<CaseStart, "tried" | "one">;

async function tryCase(around: Surroundings, test: RoleTest, wanted: Wanted): Promise<CaseResult> {
  const { one } = wanted;
  const on = test.on ?? one.on ?? "container";
  const about = { name: one.name, on, hosts: hostNames(wanted) };
  if (one.on !== undefined && one.on !== on) {
    test.onEvent({ kind: "skipped", name: one.name, why: `it needs --on ${one.on}` });
    return { ...about, outcome: "skipped", phases: [], durationMs: 0 };
  }
  test.onEvent({ kind: "case", ...about });
  const startedMs = around.clock.monotonicMs();
  const phases = createPhases(around.clock, (phase) => test.onEvent({ kind: "phase", phase }));
  const { signal } = test;
  const kept = await runPhases(
    { ...wanted, on, around, signal, folders: testFolders(around.environment) },
    phases,
    test,
  );
  signal.throwIfAborted();
  const durationMs = around.clock.monotonicMs() - startedMs;
  return {
    ...about,
    outcome: phases.failed ? "failed" : "good",
    phases: phases.results,
    durationMs,
    ...(kept ? { kept } : {}),
  };
}

/** Whatever a phase throws was noted by it; the hosts go, unless they are to be kept. */
async function runPhases(start: CaseStart, phases: Phases, { keep }: RoleTest): Promise<readonly string[] | undefined> {
  let made: CaseHosts | undefined;
  try {
    made = await phases.run("start", async () => {
      const hosts = await startCase(start);
      return { note: startNote(hosts), value: hosts };
    });
    await performCase({ ...start, made, phases });
  } catch (thrown) {
    if (!phases.failed) throw thrown;
    start.around.log.error("a phase failed", { stack: (thrown as Error).stack });
  }
  if (made && keep && !start.signal.aborted) return made.keep();
  const { stop } = made ?? { stop: async () => {} };
  await phases
    .run("stop", async () => {
      await stop();
      return { note: "nothing is left" };
    })
    .catch(() => {});
  return undefined;
}

const startNote = ({ hosts, layered }: CaseHosts) =>
  `${hosts.map(({ name }) => name).join(", ")}${layered.length > 0 ? ", with their packages from an earlier run" : ""}`;
