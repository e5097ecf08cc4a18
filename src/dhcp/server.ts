import type { Log } from "../log.ts";
import type { Ipv4Address } from "../wire/addresses.ts";
import { type Conversation, createConversation, type DhcpServerOptions, type Send } from "./conversation.ts";
import { type Destination, limitedBroadcast } from "./destination.ts";
import { type DhcpSocket, openDhcpSocket } from "./socket.ts";

export type { DhcpServerOptions } from "./conversation.ts";
export { findForeignServers } from "./foreign.ts";

const serverPort = 67;
const clientPort = 68;

/**
 * Serves every network of the policy, one socket per interface, until closed.
 * @throws dhcp-interface-missing, dhcp-port-busy, dhcp-no-privilege, dhcp-socket-failed; then nothing stays open
 */
export async function startDhcpServer(options: DhcpServerOptions): Promise<{ close(): Promise<void> }> {
  const sockets = new Map<string, DhcpSocket>();
  const close = async () => {
    const open = [...sockets.values()];
    sockets.clear();
    await Promise.all(open.map((socket) => socket.close()));
  };
  const send: Send = (bytes, destination, arrival) => {
    const socket = sockets.get(arrival.interface);
    socket?.send(bytes, endpointOf(reachable(socket, destination, options)));
  };
  const conversation = createConversation({ ...options, send });
  try {
    for (const name of new Set(options.policy.networks.map((network) => network.interface))) {
      sockets.set(name, await openDoor(name, conversation, options.log));
    }
  } catch (thrown) {
    await close();
    throw thrown;
  }
  return { close };
}

const openDoor = (name: string, conversation: Conversation, log: Log): Promise<DhcpSocket> =>
  openDhcpSocket({
    interface: name,
    port: serverPort,
    shared: false,
    onMessage: (bytes) => void conversation.receive(bytes, { interface: name }),
    onError: (error) => log.warn("dhcp: sending failed", { interface: name, reason: error.message }),
  });

/** Without the right to set a neighbour entry the reply goes by broadcast: most clients take that too. */
function reachable(socket: DhcpSocket, destination: Destination, { log }: DhcpServerOptions): Destination {
  if (destination.kind !== "neighbour" || socket.setNeighbour(destination.address, destination.mac)) return destination;
  log.warn("dhcp: no neighbour entry could be set, answering by broadcast", { mac: destination.mac });
  return { kind: "broadcast" };
}

function endpointOf(destination: Destination): { address: Ipv4Address; port: number } {
  switch (destination.kind) {
    case "relay":
      return { address: destination.address, port: serverPort };
    case "broadcast":
      return { address: limitedBroadcast, port: clientPort };
    case "client":
    case "neighbour":
      return { address: destination.address, port: clientPort };
    default:
      return destination satisfies never;
  }
}
