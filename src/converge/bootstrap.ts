/** What is on record of a role's cluster, and who asks. */
export interface BootstrapQuestion {
  readonly node: string;
  /** All nodes of the role, in the inventory's order; never only those of a run. */
  readonly bearers: readonly string[];
  /** The node that was told to begin the cluster, written down before it was told. */
  readonly armed: string | undefined;
  /** Nodes that were seen to keep this role's promises, ever. */
  readonly verified: readonly string[];
}

export type BootstrapAnswer =
  /** This node begins the cluster. `record`: that must be durable before it is told so. */
  | { readonly kind: "bootstrap"; readonly record: boolean }
  /** There is a cluster: this node joins it, or is in it. */
  | { readonly kind: "join" }
  /** Only `first` may begin it, or has begun; nobody may do anything before it is verified. */
  | { readonly kind: "wait"; readonly first: string; readonly begun: boolean };

/**
 * Who begins a cluster: the first node of the inventory, once. A node that was told so and wasn't seen to work (a crash,
 * a failed check) is told so again, and no other ever is. As soon as any node of the role was verified there is a
 * cluster, and nobody begins another.
 */
export function answerBootstrap({ node, bearers, armed, verified }: BootstrapQuestion): BootstrapAnswer {
  if (verified.length > 0) return { kind: "join" };
  if (armed === node) return { kind: "bootstrap", record: false };
  if (armed !== undefined) return { kind: "wait", first: armed, begun: true };
  const first = bearers[0] ?? node;
  return first === node ? { kind: "bootstrap", record: true } : { kind: "wait", first, begun: false };
}
