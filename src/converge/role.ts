import type { z } from "zod";
import type { FactName, Facts } from "../facts/list.ts";
import type { Secret } from "../secret.ts";
import type { TemplateData } from "../template.ts";
import type { Assertion } from "./assertion.ts";
import type { ClusterView } from "./cluster-view.ts";
import type { Resource } from "./resource.ts";
import type { RoleCase } from "./role-case.ts";
import type { Rollout } from "./rollout-policy.ts";

/** What a role may know of the node that it is for. */
export interface NodeView {
  readonly name: string;
  readonly domain: string;
  /** Where the node is reached, IPv4. */
  readonly address: string;
  readonly os: { readonly family: "debian" | "ubuntu" | "rhel"; readonly codename?: string | undefined };
  readonly timezone: string;
  readonly operators: readonly { readonly name: string; readonly sshKey: string }[];
  /** Archives as the node reaches them: `http://10.77.0.1:8077/packages/debian`. */
  readonly repositories: readonly Repository[];
}

export interface Repository {
  readonly name: string;
  readonly url: string;
  readonly suite: string;
  readonly components: readonly string[];
}

export interface RoleContext<Parameters, Wanted extends FactName = never> {
  readonly parameters: Parameters;
  readonly node: NodeView;
  /** The other nodes: from the inventory and stored facts, never from who is in this run. */
  readonly cluster: ClusterView;
  /** Those that the role names under `facts`. */
  readonly facts: Pick<Facts, Wanted>;
  /** The role's own `templates/NAME.ejs`, rendered; secret as soon as one of its data is. */
  template(name: string, data: TemplateData): string | Secret;
}

export interface Role<Schema extends z.ZodType = z.ZodType, Wanted extends FactName = FactName> {
  readonly name: string;
  /** Strict, with a description on every parameter. */
  readonly parameters: Schema;
  /** What it must know of the host before it can say its resources; costs a round trip when that isn't known yet. */
  readonly facts?: readonly Wanted[];
  /** How it is brought to many nodes; none: each node goes by itself. */
  readonly rollout?: Rollout;
  /** Pure. In the order in which the work is to be done. */
  resources(context: RoleContext<z.output<Schema>, Wanted>): readonly Resource[];
  /** What must be true of the host afterwards. `nonce` differs from call to call. */
  verify?(
    context: Omit<RoleContext<z.output<Schema>>, "template" | "facts"> & { readonly nonce: string },
  ): readonly Assertion[];
  /** What `provision test` tries it with. */
  readonly cases?: readonly RoleCase[];
}

/** A role whose parameters' type is forgotten, so that roles fit in one list. */
export type AnyRole = Role<z.ZodType>;

/** Types a role's functions by its parameters' schema and by the facts that it names. */
export function defineRole<Schema extends z.ZodType, const Wanted extends FactName = never>(
  role: Role<Schema, Wanted>,
): AnyRole {
  return role as unknown as AnyRole;
}
