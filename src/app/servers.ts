import type { BootService } from "../boot/service.ts";
import type { Clock } from "../clock.ts";
import type { LeaseRecords } from "../dhcp/policy.ts";
import { startDhcpServer } from "../dhcp/server.ts";
import { type Answer, startHttpServer } from "../http/server.ts";
import type { Inventory } from "../inventory/schema.ts";
import type { Log } from "../log.ts";
import { startTftpServer } from "../tftp/server.ts";
import { dhcpPolicyOf } from "./dhcp.ts";

export interface BootServersOptions {
  readonly inventory: Inventory;
  readonly boot: BootService;
  readonly leases: LeaseRecords;
  /** Answers for images and packages. */
  readonly contents: Answer;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Starts DHCP, TFTP and HTTP on every network of the site, TFTP and HTTP on the controller's own address only.
 * If one can't start, none stays.
 */
export async function startBootServers(options: BootServersOptions): Promise<{ close(): Promise<void> }> {
  const { inventory, boot, leases, clock, log } = options;
  const running: { close(): Promise<void> }[] = [];
  const close = async () => {
    await Promise.all(running.splice(0).map((server) => server.close()));
  };
  const answer: Answer = async (request) => (await boot.answerHttp(request)) ?? options.contents(request);
  const port = inventory.site.controller.httpPort;
  try {
    for (const { controller: host } of Object.values(inventory.site.networks)) {
      running.push(await startHttpServer({ listen: { host, port }, answer, clock, log, onEvent: boot.observe.http }));
      running.push(await startTftpServer({ host, files: boot.tftpFile, clock, log, onEvent: boot.observe.tftp }));
    }
    const policy = dhcpPolicyOf(inventory, boot.boot);
    running.push(await startDhcpServer({ policy, leases, clock, log, onEvent: boot.observe.dhcp }));
  } catch (thrown) {
    await close();
    throw thrown;
  }
  return { close };
}
