import { type Ipv4Address, ipv4FromNumber, ipv4ToNumber, type MacAddress } from "../wire/addresses.ts";
import type { AddressRange } from "./policy.ts";

/** How much the search may know of an address: never given out, given out once and free again, or not to be had. */
export type Vacancy = "fresh" | "used-before" | "taken";

/**
 * An address of the range for this MAC: starts at a place that the MAC decides, so that a machine gets the same address
 * again even from a controller without memory; a fresh address before one that another machine may still believe in.
 */
export function findVacant(
  range: AddressRange,
  mac: MacAddress,
  vacancy: (address: Ipv4Address) => Vacancy,
): Ipv4Address | undefined {
  const first = ipv4ToNumber(range.first);
  const size = ipv4ToNumber(range.last) - first + 1;
  const start = hash(mac) % Math.max(1, size);
  let second: Ipv4Address | undefined;
  for (let step = 0; step < size; step++) {
    const address = ipv4FromNumber(first + ((start + step) % size));
    const state = vacancy(address);
    if (state === "fresh") return address;
    if (state === "used-before") second ??= address;
  }
  return second;
}

export function inRange(range: AddressRange, address: Ipv4Address): boolean {
  const value = ipv4ToNumber(address);
  return value >= ipv4ToNumber(range.first) && value <= ipv4ToNumber(range.last);
}

/** FNV-1a, 32 bits. */
const hash = (text: string) =>
  [...text].reduce((sum, character) => Math.imul(sum ^ character.charCodeAt(0), 0x01000193), 0x811c9dc5) >>> 0;
