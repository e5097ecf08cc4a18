import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { createLine } from "./bmc-faults.ts";
import { type BmcFirmware, type BmcFirmwareOptions, createBmcFirmware } from "./bmc-firmware.ts";

export interface SimulatedBmcOptions extends BmcFirmwareOptions {
  readonly host: string;
  /** 0 (the default): any that is free. */
  readonly port?: number;
}

export interface SimulatedBmc extends Omit<BmcFirmware, "answer"> {
  readonly port: number;
  close(): Promise<void>;
}

/** A BMC that speaks IPMI 2.0 over UDP (RMCP+, cipher suites 3 and 17) and switches a chassis. */
export async function startSimulatedBmc(options: SimulatedBmcOptions): Promise<SimulatedBmc> {
  const { faults = {}, log } = options;
  const firmware = createBmcFirmware({ ...options, faults });
  const line = createLine(faults);
  const socket = await bind(options);
  socket.on("message", (datagram, peer) => {
    const reply = line.loses("in") ? undefined : firmware.answer(new Uint8Array(datagram));
    for (const bytes of reply ? copies(reply, faults.duplicateReplies) : []) {
      if (!line.loses("out")) socket.send(bytes, peer.port, peer.address);
    }
  });
  socket.on("error", (error) => log.warn("simulated BMC's socket", { error: error.message }));
  const { bootOverride, takeBootOverride, forgetSessions, settled } = firmware;
  const close = async () => {
    await settled();
    socket.close();
    await once(socket, "close");
  };
  return { port: socket.address().port, bootOverride, takeBootOverride, forgetSessions, settled, close };
}

async function bind({ host, port = 0 }: SimulatedBmcOptions): Promise<Socket> {
  const socket = createSocket("udp4");
  const bound = once(socket, "listening");
  socket.bind(port, host);
  await bound;
  return socket;
}

const copies = (reply: Uint8Array, twice = false) => (twice ? [reply, reply] : [reply]);
