import type { Log } from "../log.ts";
import type { MacAddress } from "../wire/addresses.ts";
import type { BootView, Decision } from "./decide.ts";
import type { Intent } from "./intent.ts";
import type { BootServiceOptions } from "./service.ts";

/** The view of a machine with this MAC. An intent under a MAC that the inventory no longer knows counts for nothing. */
export function viewOf(options: BootServiceOptions, mac: MacAddress, intent: Intent | undefined): BootView {
  const node = options.reservation(mac)?.hostName;
  if (node === undefined) return {};
  const { intents } = options;
  const own = intent?.node === node ? intent : undefined;
  const seen = own ? { ...own, expired: intents.expired(own), mine: intents.mine(own) } : undefined;
  return { node, ...options.situation(node), intent: seen };
}

/** A machine that network-boots unasked is worth a line; it says why it gets its local disk. */
export function report(log: Log, mac: MacAddress, decision: Decision): void {
  if (decision.kind === "local-disk")
    log.info("a machine asks to boot from the network and gets its local disk", { mac, why: decision.why });
}
