import { Reader, WireError } from "../wire/reader.ts";
import { Writer } from "../wire/writer.ts";

/*
 * IPMI LAN message, IPMI 2.0 §13.8:
 *
 *   to | netFn<<2 lun | checksum | from | sequence<<2 lun | command | data … | checksum
 *
 * A response has netFn + 1, and its first data byte is the completion code.
 */
export interface LanMessage {
  readonly to: number;
  readonly from: number;
  /** 6 bits; even in a request, odd in a response. */
  readonly netFn: number;
  /** rqSeq, 6 bits: ties a response to its request. */
  readonly sequence: number;
  readonly command: number;
  readonly data: Uint8Array;
}

/** §5.5: the BMC's own address. */
export const BMC_ADDRESS = 0x20;
/** §5.5: a remote console's software id, shifted left, with bit 0 set. */
export const CONSOLE_ADDRESS = 0x81;

const SMALLEST = 7;

export function decodeLanMessage(bytes: Uint8Array): LanMessage {
  if (bytes.length < SMALLEST) throw new WireError(`an IPMI message has 7 bytes or more, not ${bytes.length}`, 0);
  if (checksum(bytes.subarray(0, 2)) !== bytes[2])
    throw new WireError("header checksum of the IPMI message is wrong", 2);
  const last = bytes.length - 1;
  if (checksum(bytes.subarray(3, last)) !== bytes[last])
    throw new WireError("checksum of the IPMI message is wrong", last);
  const reader = new Reader(bytes.subarray(0, last));
  const [to, netFnLun, , from, sequenceLun, command] = reader.bytes(6) as unknown as number[];
  return {
    to: to as number,
    from: from as number,
    netFn: (netFnLun as number) >> 2,
    sequence: (sequenceLun as number) >> 2,
    command: command as number,
    data: reader.rest(),
  };
}

export function encodeLanMessage(message: LanMessage): Uint8Array {
  const head = Uint8Array.of(message.to, message.netFn << 2);
  const body = Uint8Array.of(message.from, message.sequence << 2, message.command, ...message.data);
  return new Writer().bytes(head).u8(checksum(head)).bytes(body).u8(checksum(body)).finish();
}

/** §13.8: the two's complement of the sum, so that all bytes and it add up to zero. */
const checksum = (bytes: Uint8Array) => -bytes.reduce((sum, byte) => sum + byte, 0) & 0xff;
