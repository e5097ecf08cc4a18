import type { FleetNode } from "./limit.ts";
import { fail } from "./rollout-errors.ts";

/** How a role is brought to many nodes. With several roles on a node the strictest of all holds. */
export interface Rollout {
  /** Nodes at once, or that share of all nodes that have the role; none: as many as a run takes. */
  readonly serial?: number | `${number}%`;
  /** This many go first, one wave of their own; any failure among them stops it. */
  readonly canary?: number;
  /** `verify` (the default): what a role promises must be seen before the next wave. `none`: a node that was changed is enough. */
  readonly gate?: "verify" | "none";
  /** So many failures stop it: nothing more is begun. 1 unless said otherwise. */
  readonly abortAfter?: number;
  /** Its nodes make a cluster, which exactly one of them may begin, once: it is told so in `context.cluster.bootstrap`. */
  readonly bootstrap?: "once";
}

export interface Policy {
  /** Nodes at once; `undefined`: as many as the run takes. */
  readonly serial: number | undefined;
  readonly canary: number;
  readonly gate: "verify" | "none";
  readonly abortAfter: number;
}

/** Nodes that are rolled out together, since they share a role with a policy. */
export interface Track {
  /** Those with a policy; empty for a node that goes by itself. */
  readonly roles: readonly string[];
  readonly policy: Policy;
  /** In the inventory's order: the canary first, then so many at once. */
  readonly waves: readonly RolloutWave[];
}

export interface RolloutWave {
  readonly nodes: readonly string[];
  /** It goes before the others, and any failure in it stops the track. */
  readonly canary: boolean;
}

export interface TracksRequest {
  /** What the run acts on, in the inventory's order. */
  readonly nodes: readonly FleetNode[];
  /** All nodes of the inventory: shares are counted of them, so that a limit changes none. */
  readonly fleet: readonly FleetNode[];
  /** The policies of the roles that have one. */
  readonly rollouts: ReadonlyMap<string, Rollout>;
}

/**
 * Who goes with whom and in which waves. Nodes that share a role with a policy, directly or through others, make one
 * track; a node without any goes by itself, and its failure stops nobody. Throws `rollout-unfit`.
 */
export function tracksOf({ nodes, fleet, rollouts }: TracksRequest): readonly Track[] {
  return kindred(nodes, rollouts).map((members): Track => {
    const roles = [...rollouts.keys()].filter((role) => members.some((node) => node.roles.includes(role)));
    const policies = roles.map((role) => {
      const bearers = fleet.filter((node) => node.roles.includes(role)).length;
      return policyOf(role, rollouts.get(role) ?? {}, bearers);
    });
    const policy = strictest(policies);
    return { roles, policy, waves: wavesOf(members, policy) };
  });
}

/** Groups of nodes that share a role with a policy, in the order of their first nodes. */
function kindred(nodes: readonly FleetNode[], rollouts: ReadonlyMap<string, Rollout>): FleetNode[][] {
  let groups: FleetNode[][] = [];
  for (const node of nodes) {
    const shares = (other: FleetNode) => other.roles.some((role) => rollouts.has(role) && node.roles.includes(role));
    const kin = groups.filter((group) => group.some(shares));
    const [first] = kin;
    if (!first) groups.push([node]);
    else
      groups = groups.flatMap((group) =>
        group === first ? [[...kin.flat(), node]] : kin.includes(group) ? [] : [group],
      );
  }
  return groups.map((group) => nodes.filter((node) => group.includes(node)));
}

function policyOf(role: string, rollout: Rollout, bearers: number): Policy {
  const { serial, canary = 0, gate = "verify", abortAfter = 1, bootstrap } = rollout;
  const refuse = (problem: string) => fail("rollout-unfit", { role, problem });
  if (!Number.isInteger(canary) || canary < 0) throw refuse(`canary is ${canary}, not a number of nodes`);
  if (!Number.isInteger(abortAfter) || abortAfter < 1)
    throw refuse(`abortAfter is ${abortAfter}, not a number from 1 on`);
  const atOnce = serial === undefined ? undefined : nodesAtOnce(serial, bearers);
  if (atOnce !== undefined && !(atOnce >= 1))
    throw refuse(`serial is ${serial}, neither a number from 1 on nor a share such as 25%`);
  if (bootstrap !== "once") return { serial: atOnce, canary, gate, abortAfter };
  // Whoever makes the cluster does so alone, and nobody joins what isn't proven.
  return { serial: atOnce, canary: Math.max(1, canary), gate: "verify", abortAfter };
}

/** A share of all that have the role, rounded down, and at least one; NaN for what is no number of nodes. */
function nodesAtOnce(serial: number | string, bearers: number): number {
  if (typeof serial === "number") return Number.isInteger(serial) ? serial : Number.NaN;
  const percent = Number(/^(\d{1,3})%$/.exec(serial)?.[1]);
  return percent >= 1 && percent <= 100 ? Math.max(1, Math.floor((bearers * percent) / 100)) : Number.NaN;
}

function strictest(policies: readonly Policy[]): Policy {
  const serials = policies.flatMap(({ serial }) => serial ?? []);
  return {
    serial: serials.length > 0 ? Math.min(...serials) : undefined,
    canary: Math.max(0, ...policies.map(({ canary }) => canary)),
    gate: policies.length > 0 && policies.every(({ gate }) => gate === "none") ? "none" : "verify",
    abortAfter: Math.min(...policies.map(({ abortAfter }) => abortAfter), Number.MAX_SAFE_INTEGER),
  };
}

function wavesOf(members: readonly FleetNode[], { canary, serial = members.length }: Policy): readonly RolloutWave[] {
  const names = members.map(({ name }) => name);
  return [
    ...chunks(names.slice(0, canary), serial).map((nodes) => ({ nodes, canary: true })),
    ...chunks(names.slice(canary), serial).map((nodes) => ({ nodes, canary: false })),
  ];
}

const chunks = (names: readonly string[], size: number): string[][] =>
  Array.from({ length: Math.ceil(names.length / size) }, (_, at) => names.slice(at * size, (at + 1) * size));
