/** A socket that listens: which protocol, address and port. */
export interface Listener {
  readonly protocol: "udp" | "tcp";
  readonly address: string;
  readonly port: number;
}

const tcpListen = "0A";
const udpUnconnected = "07";

/**
 * Reads /proc/net/udp or /proc/net/tcp (proc_net(5)): one socket a line, address and port in hex, the address as a
 * little-endian word. Connected sockets are left out.
 */
export function parseListeners(protocol: "udp" | "tcp", table: string): readonly Listener[] {
  const wanted = protocol === "tcp" ? tcpListen : udpUnconnected;
  return table
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const [, local, , state] = line.trim().split(/\s+/);
      const [address, port] = local?.split(":") ?? [];
      if (!address || !port || state !== wanted) return [];
      return [{ protocol, address: littleEndianIpv4(address), port: Number.parseInt(port, 16) }];
    });
}

const littleEndianIpv4 = (hex: string) =>
  (hex.match(/../g) ?? [])
    .reverse()
    .map((byte) => Number.parseInt(byte, 16))
    .join(".");
