import type { Clock } from "../clock.ts";
import type { Catalogue, CatalogueRequest } from "../converge/catalogue.ts";
import type { ClusterSource } from "../converge/cluster-view.ts";
import { globMatches } from "../converge/glob.ts";
import { chosenFrom, type Selector } from "../converge/selector.ts";
import type { FactName, Facts } from "../facts/list.ts";
import { type Clusters, createClusters } from "./clusters.ts";
import { clustersOf } from "./fleet.ts";
import type { Foundations } from "./local.ts";
import { createFactsBook, type FactsBook } from "./stored-facts.ts";

/** A node's place among the others, for one run on it. */
export interface Seat {
  /** As the node would be planned now; nothing is written down by it. */
  readonly request: CatalogueRequest;
  /**
   * Before anything is done to the node: the same request, with the clusters that it has to begin on record.
   * Throws `bootstrap-elsewhere`.
   */
  admit(by: string): Promise<CatalogueRequest>;
  /** What was read of it, for the others. */
  keep(facts: Partial<Facts>): Promise<void>;
  /** Its roles were seen to work. */
  verified(roles: readonly string[]): Promise<void>;
}

type Site = Pick<Foundations, "database" | "around" | "site">;

/** Puts a node's request among the other nodes. A selection that leaves a role out has no part in its cluster. */
export async function takeSeat(
  { database, around, site }: Site,
  request: CatalogueRequest,
  selector?: Selector,
): Promise<Seat> {
  const node = request.node.name;
  const clusters = createClusters(database, around.clock);
  const facts = createFactsBook(database, around.clock);
  const members = clustersOf(site, node, request.roles).filter(({ role }) => mayTouch(selector, role));
  const others = { nodes: request.cluster?.nodes ?? [], factsOf: await facts.all() };
  const own = await ownFacts(facts, node, around.clock);
  const withCluster = async (ask: (member: (typeof members)[number]) => ReturnType<Clusters["foresee"]>) => {
    const bootstraps = new Set<string>();
    for (const member of members) if ((await ask(member)).bootstrap) bootstraps.add(member.role);
    const cluster: ClusterSource = { ...others, bootstraps };
    return { ...request, cluster, facts: own };
  };
  return {
    request: await withCluster((member) => clusters.foresee(member)),
    admit: (by) => withCluster((member) => clusters.admit(member, by)),
    keep: (read) => facts.save(node, read),
    verified: (roles) => clusters.verified(node, roles),
  };
}

/** What a run on the node doesn't change by itself: of that, a role may be told what was read lately. */
const lasting = ["os", "virtualization", "memoryBytes", "cpus", "dmi", "cpu"] as const;
const freshMs = 600_000;

async function ownFacts(book: FactsBook, node: string, clock: Clock): Promise<Partial<Facts>> {
  const known = await book.read(node);
  const isFresh = (name: FactName) =>
    clock.now().getTime() - (known?.readAt[name]?.getTime() ?? Number.NEGATIVE_INFINITY) <= freshMs;
  return Object.fromEntries(lasting.filter(isFresh).map((name) => [name, known?.facts[name]]));
}

const mayTouch = (selector: Selector | undefined, role: string) =>
  selector?.wanted.get("role")?.some((pattern) => globMatches(pattern, role)) ?? true;

/** Whose promises a run has to keep: of all roles, or of those of which something was selected. */
export function rolesToVerify(
  request: CatalogueRequest,
  selector: Selector | undefined,
  catalogue: Catalogue | undefined,
): readonly string[] {
  const names = request.requests.map(({ role }) => role);
  if (!selector) return names;
  const chosen = catalogue && new Set(chosenFrom(catalogue, selector).map(({ role }) => role));
  return names.filter((role) => (chosen ? chosen.has(role) : mayTouch(selector, role)));
}
