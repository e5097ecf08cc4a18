import { roles } from "../../roles/list.ts";
import type { ApplyOptions } from "../converge/apply.ts";
import type { ApplyEvent } from "../converge/apply-events.ts";
import type { Assertion } from "../converge/assertion.ts";
import type { AssessedPlan } from "../converge/assessment.ts";
import { type Catalogue, type CatalogueRequest, compileCatalogue, factsWanted } from "../converge/catalogue.ts";
import { clusterViewOf } from "../converge/cluster-view.ts";
import { observe } from "../converge/observation.ts";
import { leftOver, type Plan, planCatalogue } from "../converge/plan.ts";
import type { Recorder } from "../converge/recorder.ts";
import { assertConverged } from "../converge/report.ts";
import { rolesOf } from "../converge/role-request.ts";
import { type Selector, selectFrom } from "../converge/selector.ts";
import { assertVerified, verify } from "../converge/verify.ts";
import type {
  ConvergeCall,
  ConvergeParts,
  ConvergePlan,
  ConvergeSession,
  ConvergeWatch,
} from "../lifecycle/operations/converge.ts";
import type { Shell } from "../transport/shell.ts";
import type { ConvergeRequest, Proof } from "./controller.ts";
import { clusterNodesOf, selectorOf } from "./fleet.ts";
import type { Foundations } from "./local.ts";
import { recordConverge, summarizeRun } from "./recording.ts";
import { nodeViewOf, roleFile, roleRequestsOf, roleTemplate } from "./roles.ts";
import { rolesToVerify, takeSeat } from "./seat.ts";
import type { LoadedSite } from "./site.ts";

const applyMs = 1_800_000;
/** A service that only just came up needs its time; under emulation more of it. */
const verifyMs = 120_000;
const evidenceLines = 3;
const nonceBytes = 6;

/** How this run differs from what the inventory says. */
export type ConvergeWanted = Omit<ConvergeRequest, "node" | "by">;

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((one) => typeof one === "string");

/** From an operation's parameters, which went through the records. */
export const wantedOf = ({ only, purge, set }: Readonly<Record<string, unknown>>): ConvergeWanted => ({
  ...(typeof only === "string" ? { only } : {}),
  ...(purge === true ? { purge } : {}),
  ...(isTexts(set) ? { set } : {}),
});

/** What the inventory wants of a node, as the engine takes it. It knows the other nodes; `takeSeat` adds what is on record. */
export function catalogueRequest(site: LoadedSite, node: string, wanted: ConvergeWanted = {}): CatalogueRequest {
  const loaders = { loadTemplate: roleTemplate, loadFile: roleFile };
  const cluster = { nodes: clusterNodesOf(site), bootstraps: new Set<string>(), factsOf: () => undefined };
  return { node: nodeViewOf(site, node), requests: roleRequestsOf(site, node, wanted.set), roles, cluster, ...loaders };
}

/** Compiles what can be compiled without the host, so that a mistake in it is known before anything is done. */
export function checkCatalogue(request: CatalogueRequest, selector?: Selector): void {
  if (factsWanted(request).length === 0) compilePart(request, selector);
}

const compilePart = (request: CatalogueRequest, selector: Selector | undefined): Catalogue =>
  selector ? selectFrom(compileCatalogue(request), selector) : compileCatalogue(request);

export interface PlanNode {
  readonly signal?: AbortSignal;
  /** Only this part of it. */
  readonly selector?: Selector | undefined;
  /** What else the node should have, or not have, than what its roles say. */
  readonly extend?: (catalogue: Catalogue) => Catalogue;
}

/** Reads the node and compares, in one round trip; in two when a role wants the node's facts first. */
export async function planNode(request: CatalogueRequest, shell: Shell, how: PlanNode = {}): Promise<Plan> {
  const options = how.signal ? { signal: how.signal } : {};
  const wanted = factsWanted(request);
  const read = wanted.length > 0 ? (await observe([], shell, { ...options, facts: wanted })).facts : {};
  const catalogue = compilePart({ ...request, facts: { ...request.facts, ...read } }, how.selector);
  return planCatalogue(how.extend?.(catalogue) ?? catalogue, shell, options);
}

/** What the node's roles promise, with the role that does. */
function promisesOf(request: CatalogueRequest, nonce: string): readonly { role: string; assertion: Assertion }[] {
  return rolesOf(request).flatMap(({ role, parameters }) =>
    (
      role.verify?.({ parameters, node: request.node, cluster: clusterViewOf(role.name, request.cluster), nonce }) ?? []
    ).map((assertion) => ({ role: role.name, assertion })),
  );
}

export interface VerifyNode {
  readonly request: CatalogueRequest;
  readonly shell: Shell;
  readonly clock: ApplyOptions["clock"];
  readonly signal?: AbortSignal;
  /** How long a promise may take to come true. */
  readonly deadlineMs?: number;
}

/**
 * Asks the node until all that its roles promise was seen true.
 * @throws `verify-failed`
 */
export async function verifyNode({
  request,
  shell,
  clock,
  signal,
  deadlineMs = verifyMs,
}: VerifyNode): Promise<readonly Proof[]> {
  const nonce = Buffer.from(clock.randomBytes(nonceBytes)).toString("hex");
  const promises = promisesOf(request, nonce);
  const options = { clock, deadlineMs, ...(signal ? { signal } : {}) };
  const results = await verify(
    promises.map((one) => one.assertion),
    shell,
    options,
  );
  assertVerified(results, shell.name);
  return results.map(({ says, evidence }, index) => ({
    role: promises[index]?.role ?? "",
    name: says,
    evidence: evidence.slice(-evidenceLines).join("; "),
  }));
}

/** Lifecycle's view of the engine: a session on one node. */
export function convergeParts(
  house: Foundations,
  hostKeys: (node: string) => Promise<readonly string[]>,
  requestFor: RequestFor = catalogueRequest,
): ConvergeParts {
  return {
    hostKeys,
    applyMs,
    connect: (node, keys, call) => openSession(house, { node, keys, call, requestFor }),
  };
}

/** What a node should be; other than the program's own roles in tests. */
export type RequestFor = typeof catalogueRequest;

interface Opening {
  readonly node: string;
  readonly keys: readonly string[];
  readonly call: ConvergeCall;
  readonly requestFor: RequestFor;
}

/** Whatever can be wrong without the node is found out before it is reached; a cluster is begun on record only. */
async function openSession(house: Foundations, { node, keys, call, requestFor }: Opening): Promise<ConvergeSession> {
  const { clock } = house.around;
  const wanted = wantedOf(call.parameters);
  const inventoried = requestFor(house.site, node, wanted);
  const selector = wanted.only === undefined ? undefined : selectorOf(wanted.only, inventoried.roles);
  const recorder = recordConverge(house, node, call);
  const seat = await takeSeat(house, inventoried, selector);
  checkCatalogue(seat.request, selector);
  const request = await seat.admit(call.by);
  const shell = await house.ssh.connect(node, keys);
  let catalogue: Catalogue | undefined;
  return {
    plan: async (signal) => {
      const plan = await recorder.plan((extend) => planNode(request, shell, { signal, selector, extend }));
      catalogue = plan.catalogue;
      await seat.keep(plan.facts);
      return sessionPlan({ plan, recorder, shell, clock });
    },
    verify: async (signal) => {
      const roles = rolesToVerify(request, selector, catalogue);
      const requests = request.requests.filter(({ role }) => roles.includes(role));
      const seen = await verifyNode({ request: { ...request, requests }, shell, clock, signal });
      house.proofs.set(node, seen);
      await seat.verified(roles);
      return seen;
    },
    close: () => shell.close(),
  };
}

interface SessionPlan {
  readonly plan: AssessedPlan;
  readonly recorder: Recorder;
  readonly shell: Shell;
  readonly clock: ApplyOptions["clock"];
}

function sessionPlan({ plan, recorder, shell, clock }: SessionPlan): ConvergePlan {
  const { planned } = plan;
  return {
    changes: planned.length,
    left: leftOver(planned).length,
    summary: summarizeRun(plan, recorder.run),
    apply: async ({ signal, line, progress }) => {
      const onEvent = watcher(planned.length, { line, progress });
      assertConverged(await recorder.apply(plan, shell, { clock, signal, onEvent, timeoutMs: applyMs }));
    },
  };
}

/** apt tells its way in percent, resources in steps: both become progress. */
function watcher(
  total: number,
  { line, progress }: Pick<ConvergeWatch, "line" | "progress">,
): (event: ApplyEvent) => void {
  let done = 0;
  let said = "";
  return (event) => {
    if (event.kind === "packages") {
      const words = event.text.replace(/ \(.*\)$/, "");
      if (words !== said) line(`${event.percent.toFixed(0).padStart(3)} %  ${words}`);
      said = words;
    } else if (event.state === "done" || event.state === "failed") {
      done += 1;
      line(`${event.state === "done" ? "✔" : "✘"} ${event.reference}`);
      progress(done, total);
    }
  };
}
