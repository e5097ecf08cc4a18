import { createSocket } from "node:dgram";

/** One BMC's socket. Connected, so that the kernel passes on only what comes from that BMC, and its ICMP errors. */
export interface DatagramChannel {
  send(bytes: Uint8Array): void;
  close(): void;
}

export interface ChannelOptions {
  readonly address: string;
  readonly port: number;
  onDatagram(bytes: Uint8Array): void;
  /** The network's complaint in words, such as "port unreachable". Nothing is to be done about it but to tell. */
  onTrouble(reason: string): void;
}

export function openChannel(options: ChannelOptions): DatagramChannel {
  const socket = createSocket({ type: "udp4" });
  let connected = false;
  const early: Uint8Array[] = [];
  const report = (error: Error | null) => {
    if (error) options.onTrouble(describe(error));
  };
  socket.on("message", (bytes) => options.onDatagram(new Uint8Array(bytes)));
  socket.on("error", report);
  socket.on("connect", () => {
    connected = true;
    for (const bytes of early.splice(0)) socket.send(bytes, report);
  });
  socket.connect(options.port, options.address);
  return {
    send: (bytes) => {
      if (connected) socket.send(bytes, report);
      else early.push(bytes);
    },
    close: () => socket.close(),
  };
}

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: "port unreachable",
  EHOSTUNREACH: "host unreachable",
  ENETUNREACH: "network unreachable",
  EPERM: "forbidden by a firewall here",
};

function describe(error: Error & { code?: string }): string {
  return words[error.code ?? ""] ?? error.message;
}
