import type { Place } from "../errors.ts";
import { fail } from "./errors.ts";
import type { AnyRole, NodeView } from "./role.ts";

/** A role that a node asks for, with its parameters as the inventory has them. */
export interface RoleRequest {
  readonly role: string;
  readonly parameters: unknown;
  /** Where the inventory says so: of the role, or of the parameter under `path`. */
  readonly place?: (path: readonly PropertyKey[]) => Place | undefined;
}

interface Requested {
  readonly role: AnyRole;
  readonly parameters: unknown;
}

interface Request {
  readonly node: Pick<NodeView, "name">;
  readonly requests: readonly RoleRequest[];
  readonly roles: readonly AnyRole[];
}

/** Finds the roles and checks their parameters, before any connection. Throws `role-unknown`, `parameter-invalid`. */
export function rolesOf({ node, requests, roles }: Request): Requested[] {
  return requests.map((request) => {
    const role = roles.find(({ name }) => name === request.role);
    if (role) return { role, parameters: parametersOf(role, request) };
    const known = roles.map(({ name }) => name);
    throw fail("role-unknown", { role: request.role, node: node.name, known }, placed(request, []));
  });
}

/** A role's parameters with its defaults; the first thing wrong is told with its place. */
export function parametersOf(role: AnyRole, request: RoleRequest): unknown {
  const parsed = role.parameters.safeParse(request.parameters ?? {});
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = issue?.path ?? [];
  const extra = issue?.code === "unrecognized_keys" ? issue.keys[0] : undefined;
  const where = extra === undefined ? path : [...path, extra];
  const problem = [path.map(String).join("."), issue?.message].filter(Boolean).join(": ");
  throw fail("parameter-invalid", { role: role.name, problem }, placed(request, where));
}

function placed(request: RoleRequest, path: readonly PropertyKey[]): { place?: Place } {
  const place = request.place?.(path);
  return place ? { place } : {};
}
