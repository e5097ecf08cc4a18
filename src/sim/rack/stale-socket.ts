import { rmSync, statSync } from "node:fs";
import { createConnection } from "node:net";

/** A socket file that nobody listens on any more is in the way of the next one (unix(7)); one that is in use stays. */
export async function removeStaleSocket(path: string): Promise<void> {
  if (!statSync(path, { throwIfNoEntry: false })?.isSocket()) return;
  const probe = createConnection({ path });
  const isAlive = await new Promise<boolean>((resolve) => {
    probe.once("connect", () => resolve(true)).once("error", () => resolve(false));
  });
  probe.destroy();
  if (!isAlive) rmSync(path, { force: true });
}
