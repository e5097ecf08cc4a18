import { Reader } from "../../wire/reader.ts";
import { Writer } from "../../wire/writer.ts";
import { type Command, netFns, nothing } from "../command.ts";

export interface DeviceId {
  readonly deviceId: number;
  readonly deviceRevision: number;
  /** "2.45" */
  readonly firmware: string;
  /** "2.0" */
  readonly ipmiVersion: string;
  /** IANA enterprise number, 20 bits. */
  readonly manufacturerId: number;
  readonly productId: number;
}

/** Get Device ID, IPMI 2.0 §20.1. */
export const getDeviceId: Command<undefined, DeviceId> = {
  name: "get device id",
  netFn: netFns.app,
  command: 0x01,
  encodeRequest: nothing.encode,
  decodeRequest: nothing.decode,
  encodeResponse: (device) => {
    const [major = 0, minor = 0] = device.firmware.split(".").map(Number);
    const writer = new Writer().u8(device.deviceId).u8(device.deviceRevision & 0x0f);
    writer
      .u8(major & 0x7f)
      .u8(toBcd(minor))
      .u8(encodeVersion(device.ipmiVersion));
    const chassisDevice = 0x80;
    writer
      .u8(chassisDevice)
      .u16le(device.manufacturerId & 0xffff)
      .u8(device.manufacturerId >> 16);
    return writer.u16le(device.productId).zeros(4).finish();
  },
  decodeResponse: (bytes) => {
    const reader = new Reader(bytes);
    const [deviceId, revision, major, minor, version] = reader.bytes(5) as unknown as number[];
    reader.skip(1);
    const manufacturerId = reader.u16le() | ((reader.u8() & 0x0f) << 16);
    return {
      deviceId: deviceId as number,
      deviceRevision: (revision as number) & 0x0f,
      firmware: `${(major as number) & 0x7f}.${(minor as number).toString(16).padStart(2, "0")}`,
      ipmiVersion: `${(version as number) & 0x0f}.${(version as number) >> 4}`,
      manufacturerId,
      productId: reader.u16le(),
    };
  },
};

/** §20.1 byte 4: the minor revision is BCD, so that 45 is 0x45. */
const toBcd = (value: number) => ((Math.floor(value / 10) % 10) << 4) | (value % 10);

/** §20.1 byte 5: the digits are swapped, 2.0 is 0x02. */
function encodeVersion(version: string): number {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return (minor << 4) | major;
}
