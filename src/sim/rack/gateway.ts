import { chmodSync } from "node:fs";
import type { Clock } from "../../clock.ts";
import { fetchHttp } from "../../http/client.ts";
import { createForwardProxy } from "../../http/forward.ts";
import { type HttpServer, startHttpServer } from "../../http/server.ts";
import type { Log } from "../../log.ts";
import type { RackPlan } from "./plan.ts";
import { removeStaleSocket } from "./stale-socket.ts";

/**
 * The rack's only way out: a forward proxy on a Unix socket that only root can use, for reading from the plan's package
 * hosts. Runs outside of the rack's namespace.
 * @throws `http-cannot-listen`
 */
export async function startGateway(
  plan: Pick<RackPlan, "packagesSocket" | "packageHosts">,
  { clock, log }: { clock: Clock; log: Log },
): Promise<HttpServer> {
  await removeStaleSocket(plan.packagesSocket);
  const answer = createForwardProxy({ allowedHosts: plan.packageHosts, fetch: fetchHttp, log });
  const server = await startHttpServer({ listen: { path: plan.packagesSocket }, answer, clock, log });
  chmodSync(plan.packagesSocket, 0o600);
  return server;
}
