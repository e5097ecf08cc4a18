import type { AnyRole } from "../src/converge/role.ts";
import { base } from "./base/role.ts";
import { varnish } from "./varnish/role.ts";

/** Every role. A new one is a folder beside this and a line here. */
export const roles: readonly AnyRole[] = [base, varnish];
