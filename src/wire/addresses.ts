/** Lower-case, colon-separated: `52:54:00:77:00:01`. Made only by {@link parseMac} and {@link macFromBytes}. */
export type MacAddress = string & { readonly __brand: "MacAddress" };

/** Dotted quad without leading zeros. Made only by {@link parseIpv4} and {@link ipv4FromNumber}. */
export type Ipv4Address = string & { readonly __brand: "Ipv4Address" };

/** An IPv4 network, `address` being its lowest address. */
export interface Subnet {
  readonly address: Ipv4Address;
  readonly prefixLength: number;
}

const MAC = /^[0-9a-f]{2}([:-]?)[0-9a-f]{2}(?:\1[0-9a-f]{2}){4}$/i;

/** Accepts `52:54:00:77:00:01`, `52-54-00-77-00-01` and `525400770001`; `undefined` if it is none of them. */
export function parseMac(text: string): MacAddress | undefined {
  if (!MAC.test(text)) return undefined;
  const digits = text.replaceAll(/[:-]/g, "").toLowerCase();
  return digits.replaceAll(/..(?!$)/g, "$&:") as MacAddress;
}

/** The six octets of an Ethernet address. */
export function macFromBytes(bytes: Uint8Array): MacAddress {
  if (bytes.length !== 6) throw new RangeError(`a MAC address has 6 bytes, not ${bytes.length}`);
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(":") as MacAddress;
}

export function macToBytes(mac: MacAddress): Uint8Array {
  return Uint8Array.from(mac.split(":"), (part) => Number.parseInt(part, 16));
}

/** `undefined` unless it is four decimal octets without leading zeros (RFC 6943 §3.1.1: other forms are ambiguous). */
export function parseIpv4(text: string): Ipv4Address | undefined {
  const parts = text.split(".");
  const good = parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
  return good ? (text as Ipv4Address) : undefined;
}

export function ipv4ToNumber(address: Ipv4Address): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

export function ipv4FromNumber(value: number): Ipv4Address {
  if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) throw new RangeError(`${value} is no IPv4 address`);
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff).join(".") as Ipv4Address;
}

export function ipv4ToBytes(address: Ipv4Address): Uint8Array {
  return Uint8Array.from(address.split("."), Number);
}

export function ipv4FromBytes(bytes: Uint8Array): Ipv4Address {
  if (bytes.length !== 4) throw new RangeError(`an IPv4 address has 4 bytes, not ${bytes.length}`);
  return bytes.join(".") as Ipv4Address;
}

/** `10.77.0.0/24`; `undefined` if it isn't one, or if host bits are set. */
export function parseSubnet(text: string): Subnet | undefined {
  const [left = "", right = "", ...more] = text.split("/");
  const address = parseIpv4(left);
  if (!address || more.length > 0 || !/^\d{1,2}$/.test(right) || Number(right) > 32) return undefined;
  const subnet = { address, prefixLength: Number(right) };
  return (ipv4ToNumber(address) & ~maskOf(subnet)) === 0 ? subnet : undefined;
}

export function contains(subnet: Subnet, address: Ipv4Address): boolean {
  return (ipv4ToNumber(address) & maskOf(subnet)) >>> 0 === ipv4ToNumber(subnet.address);
}

/** The subnet mask as an address: `/24` → `255.255.255.0`. */
export function netmask(subnet: Subnet): Ipv4Address {
  return ipv4FromNumber(maskOf(subnet) >>> 0);
}

export function broadcastAddress(subnet: Subnet): Ipv4Address {
  return ipv4FromNumber((ipv4ToNumber(subnet.address) | ~maskOf(subnet)) >>> 0);
}

export function formatSubnet(subnet: Subnet): string {
  return `${subnet.address}/${subnet.prefixLength}`;
}

/** Signed 32-bit, as the bit operators need it; a shift by 32 is a shift by 0 in JavaScript, hence the first case. */
const maskOf = ({ prefixLength }: Subnet) => (prefixLength === 0 ? 0 : -1 << (32 - prefixLength));
