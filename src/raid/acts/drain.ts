import { type Act, act } from "./act.ts";
import { inOrder } from "./back-up-now.ts";

/** Takes what others rely on off this host: POSIX sh, each of which may be run again. The first that fails ends it. */
export const drain = ({ commands }: { readonly commands: readonly string[] }): Act =>
  act({ name: "taking work off the host", limitMs: 30 * 60_000, body: inOrder(commands) });
