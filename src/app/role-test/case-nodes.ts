import { roles } from "../../../roles/list.ts";
import type { CatalogueRequest } from "../../converge/catalogue.ts";
import type { ClusterSource, KnownFacts } from "../../converge/cluster-view.ts";
import type { NodeView } from "../../converge/role.ts";
import type { CaseLab, RoleCase } from "../../converge/role-case.ts";
import type { RoleRequest } from "../../converge/role-request.ts";
import type { Facts } from "../../facts/list.ts";
import { roleFile, roleTemplate } from "../roles.ts";
import type { RoleFolder } from "./role-folder.ts";

/** What the hosts of a lab have in common. */
export interface CaseSurroundings {
  readonly lab: CaseLab;
  readonly os: NodeView["os"];
  readonly repositories: NodeView["repositories"];
  /** With which the test logs in; the role `base` lets it in, too. */
  readonly operatorKey: string;
}

export interface TriedCase {
  readonly tried: RoleFolder;
  readonly one: RoleCase;
}

/** How far the case is: who must begin the cluster, and what was read of the hosts. */
export interface Stage {
  readonly begins: boolean;
  readonly facts: ReadonlyMap<string, Partial<Facts>>;
}

/** Each host of a case, as the engine takes it: the roles that come first, then the one that is tried. */
export function caseRequests({ tried, one }: TriedCase, around: CaseSurroundings, stage: Stage): CatalogueRequest[] {
  const { role } = tried;
  const parameters = typeof one.parameters === "function" ? one.parameters(around.lab) : one.parameters;
  const before = (one.with ?? []).map(
    (first): RoleRequest => (typeof first === "string" ? { role: first, parameters: {} } : first),
  );
  const requests = [...before, { role: role.name, parameters }];
  const shared = {
    requests,
    roles: [...roles.filter(({ name }) => name !== role.name), role],
    loadTemplate: (owner: string, name: string) =>
      owner === role.name ? tried.template(name) : roleTemplate(owner, name),
    loadFile: (owner: string, name: string) => (owner === role.name ? tried.file(name) : roleFile(owner, name)),
  };
  const cluster = clusterOf({ around, requests, stage });
  return around.lab.hosts.map((host, index) => {
    const begins = stage.begins && index === 0 && role.rollout?.bootstrap === "once";
    return {
      ...shared,
      node: viewOf(host, around),
      cluster: { ...cluster, bootstraps: new Set(begins ? [role.name] : []) },
    };
  });
}

interface Members {
  readonly around: CaseSurroundings;
  readonly requests: readonly RoleRequest[];
  readonly stage: Stage;
}

function clusterOf({ around, requests, stage }: Members): Omit<ClusterSource, "bootstraps"> {
  const names = requests.map(({ role }) => role);
  const nodes = around.lab.hosts.map((host) => ({ ...host, roles: names, groups: [], rack: undefined }));
  const factsOf = (node: string): KnownFacts | undefined => {
    const facts = stage.facts.get(node);
    return facts && { facts, ageSeconds: 0, agesSeconds: {} };
  };
  return { nodes, factsOf };
}

function viewOf({ name, address }: CaseLab["hosts"][number], around: CaseSurroundings): NodeView {
  const { os, repositories, operatorKey } = around;
  const operators = [{ name: "tester", sshKey: operatorKey }];
  return { name, address, domain: "provision.test", os, timezone: "UTC", operators, repositories };
}
