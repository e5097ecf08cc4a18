import { applyPlan } from "../../converge/apply.ts";
import type { CatalogueRequest } from "../../converge/catalogue.ts";
import { describeChange } from "../../converge/describe.ts";
import { observe } from "../../converge/observation.ts";
import { leftOver, type Plan } from "../../converge/plan.ts";
import { assertConverged } from "../../converge/report.ts";
import type { Break } from "../../converge/role-case.ts";
import type { ReadFacts } from "../../facts/list.ts";
import type { TestHost } from "../../sim/hosts/host.ts";
import { planNode, verifyNode } from "../converge.ts";
import { breaksOf } from "./breaks.ts";
import { caseRequests } from "./case-nodes.ts";
import { fail } from "./errors.ts";
import type { CaseHosts, CaseStart } from "./lab.ts";
import { packagesOf, unpacked } from "./packages.ts";
import type { Phases, Seen } from "./phases.ts";
import { restarted, runningServices } from "./services.ts";

/** A case on hosts that are up. */
export interface CaseRun extends CaseStart {
  readonly made: CaseHosts;
  readonly phases: Phases;
}

/** One host with what the engine wants of it. */
interface Subject {
  readonly host: TestHost;
  readonly request: CatalogueRequest;
}

/**
 * Converges, converges again, verifies, breaks and mends; returns the packages of each host. The first phase that fails
 * ends it.
 */
export async function performCase(run: CaseRun): Promise<void> {
  const { phases } = run;
  const facts = await factsOf(run);
  const plans = await phases.run("converge", () => convergeAll(run, subjectsOf(run, { begins: true, facts })));
  try {
    const subjects = subjectsOf(run, { begins: false, facts });
    await phases.run("again", () => convergeAgain(run, subjects));
    await phases.run("verify", () => verifyAll(run, subjects));
    await breakAndMend(run, subjects, plans[0] as Plan);
  } finally {
    await keepPackages(run, plans);
  }
}

function subjectsOf({ made, ...start }: CaseRun, stage: Parameters<typeof caseRequests>[2]): Subject[] {
  const requests = caseRequests(start, made.around, stage);
  return made.hosts.map((host, index) => ({ host, request: requests[index] as CatalogueRequest }));
}

/** Only who has neighbours is asked about: in earnest, facts are on record before a cluster is made of them. */
async function factsOf({ made, signal }: CaseRun): Promise<ReadonlyMap<string, ReadFacts>> {
  if (made.hosts.length < 2) return new Map();
  const read = made.hosts.map(async ({ name, shell }) => [name, (await observe([], shell, { signal })).facts] as const);
  return new Map(await Promise.all(read));
}

/** One host after the other, as a cluster is begun. */
async function convergeAll(run: CaseRun, subjects: readonly Subject[]): Promise<Seen<readonly Plan[]>> {
  const plans: Plan[] = [];
  const installed: string[] = [];
  for (const { host, request } of subjects) {
    const before = await unpacked(host.shell);
    const plan = await planNode(request, host.shell, { signal: run.signal });
    // What it leaves is the second converge's to find, and to show.
    assertConverged(await applyPlan(plan, host.shell, { ...optionsOf(run), prove: false }));
    plans.push(plan);
    installed.push(...(await unpacked(host.shell)).slice(before.length));
  }
  const sum = (count: (plan: Plan) => number) => plans.reduce((all, plan) => all + count(plan), 0);
  const changed = sum(({ planned }) => planned.length);
  const total = sum(({ catalogue }) => catalogue.items.length);
  const packages =
    installed.length === 0 ? "no package installed" : `${counted(installed.length, "package")} installed`;
  return { note: `${changed} of ${total} resources changed, ${packages}`, installed, value: plans };
}

const optionsOf = ({ around, signal }: CaseRun) => ({ clock: around.clock, signal, run: "provision test" });

/** As a second run in earnest; what can't be known without doing it, is done. */
async function convergeAgain(run: CaseRun, subjects: readonly Subject[]): Promise<Seen<undefined>> {
  let services = 0;
  let resources = 0;
  for (const { host, request } of subjects) {
    const before = await runningServices(host.shell);
    const plan = await planNode(request, host.shell, { signal: run.signal });
    const left = leftOver(plan.planned);
    if (left.length > 0) throw fail("not-idempotent", { host: host.name, diff: left.flatMap(describeLines) });
    assertConverged(await applyPlan(plan, host.shell, optionsOf(run)));
    const changed = restarted(before, await runningServices(host.shell));
    if (changed.length > 0) throw fail("restarted-for-nothing", { host: host.name, services: changed });
    services += before.size;
    resources += plan.catalogue.items.length;
  }
  return { note: `${counted(resources, "resource")} as they should be, ${counted(services, "service")} running on` };
}

const describeLines = (planned: Parameters<typeof describeChange>[0]) =>
  describeChange(planned).map(({ text }) => text);

/** Of a container; an emulated machine has the usual patience. */
const deadlineMs = 30_000;

async function verifyAll({ around, signal, on }: CaseRun, subjects: readonly Subject[]): Promise<Seen<undefined>> {
  const { clock } = around;
  const proofs = await Promise.all(
    subjects.map(({ host, request }) =>
      verifyNode({ request, shell: host.shell, clock, signal, ...(on === "vm" ? {} : { deadlineMs }) }),
    ),
  );
  const count = proofs.flat().length;
  return { note: count === 0 ? "the role promises nothing" : `${counted(count, "promise")} kept` };
}

async function breakAndMend(run: CaseRun, subjects: readonly Subject[], plan: Plan): Promise<void> {
  const [subject] = subjects;
  if (!subject) return;
  const breaks = breaksOf(run.one, plan.catalogue, run.tried.role.name);
  for (const mishap of breaks) {
    const drift = await run.phases.run(`found: ${mishap.says}`, () => findDrift(run, subject, mishap));
    await run.phases.run(`mended: ${mishap.says}`, () => mend(run, subject, { ...mishap, drift }));
  }
  if (breaks.length > 0) await run.phases.run("verify again", () => verifyAll(run, subjects));
}

async function findDrift({ signal }: CaseRun, { host, request }: Subject, { says, run }: Break): Promise<Seen<Plan>> {
  const result = await host.shell.run({ argv: run }, { signal });
  const output = `${result.stdout}${result.stderr}`;
  if (result.exitCode !== 0) throw fail("break-failed", { host: host.name, says, output });
  const plan = await planNode(request, host.shell, { signal });
  const left = leftOver(plan.planned);
  if (left.length === 0) throw fail("drift-not-found", { host: host.name, says });
  return { note: left.map(({ item }) => item.reference).join(", "), value: plan };
}

async function mend(
  run: CaseRun,
  { host }: Subject,
  { says, drift }: Break & { drift: Plan },
): Promise<Seen<undefined>> {
  const report = await applyPlan(drift, host.shell, optionsOf(run));
  if (report.outcome === "left")
    throw fail("drift-not-mended", { host: host.name, says, diff: report.remaining.flatMap(describeLines) });
  assertConverged(report);
  return { note: `${counted(report.results.length, "resource")} put back` };
}

/** For the next run's sake; that it can't be is no fault of the role. */
async function keepPackages({ made, phases, signal, around }: CaseRun, plans: readonly Plan[]): Promise<void> {
  if (signal.aborted || plans.every(({ catalogue }) => packagesOf(catalogue).length === 0)) return;
  if (made.layered.length === made.hosts.length) return;
  await phases.run("layer", async () => {
    try {
      return {
        note: (await made.keepPackages(plans.map(({ catalogue }) => packagesOf(catalogue)))) ?? "nothing to keep",
      };
    } catch (thrown) {
      around.log.warn("no package layer", { error: String(thrown) });
      return { note: `none was kept: ${(thrown as Error).message.split("\n")[0]}` };
    }
  });
}

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? "" : "s"}`;
