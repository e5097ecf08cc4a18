import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface CapturedDatagram {
  /** Seconds since the capture's first packet. */
  readonly atSeconds: number;
  readonly destinationMac: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly payload: Uint8Array;
}

/** The UDP datagrams of a capture: little-endian pcap, Ethernet, IPv4 without fragments (that is all our files hold). */
export function readUdp(name: string): CapturedDatagram[] {
  const file = readFileSync(join(import.meta.dirname, "../captures/firmware", name));
  if (file.readUInt32LE(0) !== 0xa1b2c3d4) throw new Error(`${name} is no little-endian pcap`);
  const datagrams: CapturedDatagram[] = [];
  let first: number | undefined;
  for (let at = 24; at < file.length; ) {
    const seconds = file.readUInt32LE(at) + file.readUInt32LE(at + 4) / 1e6;
    const length = file.readUInt32LE(at + 8);
    first ??= seconds;
    const datagram = udpOf(file.subarray(at + 16, at + 16 + length));
    if (datagram) datagrams.push({ atSeconds: seconds - first, ...datagram });
    at += 16 + length;
  }
  return datagrams;
}

function udpOf(frame: Buffer): Omit<CapturedDatagram, "atSeconds"> | undefined {
  const udp = 14 + (frame[14]! & 15) * 4;
  if (frame.readUInt16BE(12) !== 0x0800 || frame[23] !== 17 || frame.length < udp + 8) return undefined;
  return {
    destinationMac: frame.subarray(0, 6).toString("hex"),
    sourcePort: frame.readUInt16BE(udp),
    destinationPort: frame.readUInt16BE(udp + 2),
    payload: new Uint8Array(frame.subarray(udp + 8, udp + frame.readUInt16BE(udp + 4))),
  };
}
