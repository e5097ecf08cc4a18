import type { Clock } from "../clock.ts";
import type { Ipv4Address, MacAddress } from "../wire/addresses.ts";

/**
 * Who was promised which address, in memory only and by the monotonic clock. An offer is a short promise; a committed
 * lease is one for its whole time, so that a wall clock that jumps ahead can't free an address that is in use.
 */
export interface Claim {
  readonly mac: MacAddress;
  readonly address: Ipv4Address;
  readonly kind: "offered" | "committing" | "committed";
}

export interface Claims {
  /** Replaces what the MAC or the address had. `forMs` may be Infinity. */
  set(claim: Claim, forMs: number): void;
  byMac(mac: MacAddress): Claim | undefined;
  byAddress(address: Ipv4Address): Claim | undefined;
  drop(mac: MacAddress): void;
}

/** At most one claim per address, so it can't outgrow the pools and reservations. */
export function createClaims(clock: Pick<Clock, "monotonicMs">): Claims {
  const addresses = new Map<Ipv4Address, Claim & { untilMs: number }>();
  const macs = new Map<MacAddress, Ipv4Address>();
  const byAddress = (address: Ipv4Address) => {
    const claim = addresses.get(address);
    if (!claim || claim.untilMs > clock.monotonicMs()) return claim;
    forget(claim);
    return undefined;
  };
  const byMac = (mac: MacAddress) => {
    const address = macs.get(mac);
    return address && byAddress(address);
  };
  const forget = (claim: Claim | undefined) => {
    if (!claim) return;
    addresses.delete(claim.address);
    macs.delete(claim.mac);
  };
  return {
    set: (claim, forMs) => {
      forget(byMac(claim.mac));
      forget(byAddress(claim.address));
      addresses.set(claim.address, { ...claim, untilMs: clock.monotonicMs() + forMs });
      macs.set(claim.mac, claim.address);
    },
    byMac,
    byAddress,
    drop: (mac) => forget(byMac(mac)),
  };
}
