import { type Act, act } from "./act.ts";
import { inOrder } from "./back-up-now.ts";

/** Brings back what was taken off this host: POSIX sh, each of which may be run again. The first that fails ends it. */
export const undrain = ({ commands }: { readonly commands: readonly string[] }): Act =>
  act({ name: "bringing work back to the host", limitMs: 30 * 60_000, body: inOrder(commands) });
