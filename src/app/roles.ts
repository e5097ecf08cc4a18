import type { KnownRole } from "../inventory/checks/roles.ts";

export const knownRoles: readonly KnownRole[] | undefined = undefined;
