import { join } from "node:path";
import type { Clock } from "../../clock.ts";
import { fetchHttp } from "../../http/client.ts";
import { createPackageArchive } from "../../http/packages.ts";
import { type HttpServer, startHttpServer } from "../../http/server.ts";
import type { Log } from "../../log.ts";
import { openBlobCache } from "../../store/blobs.ts";
import { type HostSystem, labNetwork } from "./host.ts";
import { startKeeper } from "./keeper.ts";

export interface SiteOptions {
  readonly lab: string;
  readonly system: Pick<HostSystem, "archives">;
  /** Kept between labs, and shared with the controller. */
  readonly packagesCache: string;
  readonly socketFolder: string;
  readonly group: string;
  readonly log: Log;
  readonly clock: Clock;
}

/** What stands beside the hosts: the archives of this machine's own apt, and a page as a backend has it. */
export async function serveSite(options: SiteOptions): Promise<{ close(): Promise<void> }> {
  const { system, packagesCache, socketFolder, clock, log } = options;
  const repositories = Object.fromEntries(system.archives.map(({ name, upstream }) => [name, { upstream }]));
  const cache = await openBlobCache({ directory: packagesCache, clock });
  const answers = [
    { port: labNetwork.packagesPort, answer: createPackageArchive({ repositories, cache, fetch: fetchHttp, log }) },
    { port: labNetwork.backendPort, answer: createBackend() },
  ];
  const servers: HttpServer[] = [];
  for (const { port, answer } of answers) {
    const path = join(socketFolder, `${port}.sock`);
    servers.push(await startHttpServer({ listen: { path }, answer, clock, log }));
    leadInto(options, port, path);
  }
  return { close: async () => void (await Promise.all(servers.map((server) => server.close()))) };
}

/** Unix sockets cross network namespaces; nothing else does. */
function leadInto({ lab, group, socketFolder }: SiteOptions, port: number, path: string): void {
  const listen = `TCP-LISTEN:${port},bind=${labNetwork.site},fork,reuseaddr`;
  const argv = ["ip", "netns", "exec", lab, "socat", listen, `UNIX-CONNECT:${path}`];
  startKeeper({ argv, group, log: join(socketFolder, `${port}.log`) });
}

function createBackend() {
  let served = 0;
  return () => {
    served += 1;
    return { status: 200, headers: { "cache-control": "max-age=60" }, body: `page ${served}\n` };
  };
}
