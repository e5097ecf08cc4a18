import { contains, type Ipv4Address } from "../wire/addresses.ts";
import { noAddress } from "./packet.ts";
import type { DhcpNetwork } from "./policy.ts";
import type { DhcpRequest } from "./request.ts";

/** How a packet came: the door it came in by. */
export interface Arrival {
  readonly interface: string;
}

/** Our server stands on the network's own segment; else only a relay brings its packets. */
const isDirect = ({ server, subnet }: DhcpNetwork) => contains(subnet, server);

/**
 * The network that the client sits on (RFC 2131 §4.3.1): the relay's if there is one; for a client that has an address,
 * also one behind a router, whose unicast renewals skip the relay; else the interface's own.
 * Where one wire carries several networks, the client's reservation decides, then the address that it speaks of.
 */
export function networkOf(
  networks: readonly DhcpNetwork[],
  request: Pick<DhcpRequest, "packet" | "requested">,
  context: { arrival: Arrival; reserved: Ipv4Address | undefined },
): DhcpNetwork | undefined {
  const { packet, requested } = request;
  const here = networks.filter((network) => network.interface === context.arrival.interface);
  const holding = (address: Ipv4Address | undefined, among: readonly DhcpNetwork[]) =>
    address && address !== noAddress ? among.find(({ subnet }) => contains(subnet, address)) : undefined;
  if (packet.giaddr !== noAddress) return holding(packet.giaddr, networks);
  const direct = here.filter(isDirect);
  const own = holding(context.reserved, direct) ?? holding(requested, direct) ?? direct[0];
  return holding(packet.ciaddr, here) ?? own;
}
