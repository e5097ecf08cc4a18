import type { Ipv4Address, MacAddress, Subnet } from "../wire/addresses.ts";

/** A network whose machines we answer. It is reached directly if `server` lies in `subnet`, else through a relay. */
export interface DhcpNetwork {
  readonly subnet: Subnet;
  /** Where its packets arrive, be it from the segment or from its relay. */
  readonly interface: string;
  /** Our address, as this network's machines know it: option 54 and siaddr. */
  readonly server: Ipv4Address;
  readonly router?: Ipv4Address;
  readonly dns: readonly Ipv4Address[];
  readonly domain: string;
  readonly leaseSeconds: number;
  /** Addresses for machines without a reservation, both ends included. Without it an unknown MAC hears nothing. */
  readonly pool?: AddressRange;
}

export interface AddressRange {
  readonly first: Ipv4Address;
  readonly last: Ipv4Address;
}

export interface Reservation {
  readonly mac: MacAddress;
  readonly address: Ipv4Address;
  readonly hostName: string;
}

/** A machine that asks for an address, as it describes itself. */
export interface BootClient {
  readonly mac: MacAddress;
  readonly kind: "pxe" | "ipxe" | "http-boot" | "os";
  /** Option 93 (RFC 4578): 0 is BIOS, 7 and 9 UEFI x64, 16 UEFI x64 over HTTP. */
  readonly architecture?: number;
  readonly uuid?: string;
  readonly vendorClass?: string;
  readonly userClass?: string;
  readonly network: DhcpNetwork;
}

/** What the machine should fetch: a file from our TFTP server, a URL, or nothing (it goes on to its next boot device). */
export type BootAnswer = { kind: "none" } | { kind: "tftp"; file: string } | { kind: "http"; url: string };

export interface Lease {
  readonly mac: MacAddress;
  readonly address: Ipv4Address;
  readonly expiresAt: Date;
  readonly hostName?: string;
}

/**
 * The leases, expired ones too: they remember which machine had which address. Reads come from memory, many per packet.
 * `commit` replaces whatever the MAC or the address had before, and resolves only when the lease would survive a power
 * cut; if it rejects, the machine hears nothing.
 */
export interface LeaseRecords {
  byMac(mac: MacAddress): Lease | undefined;
  byAddress(address: Ipv4Address): Lease | undefined;
  commit(lease: Lease): Promise<void>;
  release(mac: MacAddress): Promise<void>;
  all(): readonly Lease[];
}

/** What the server asks the floors above. All pure look-ups; called for every packet. */
export interface DhcpPolicy {
  readonly networks: readonly DhcpNetwork[];
  reservation(mac: MacAddress): Reservation | undefined;
  /** Whose reservation is this address? */
  reservationAt(address: Ipv4Address): Reservation | undefined;
  boot(client: BootClient): BootAnswer;
}

/** What happened at the server's door; told after it happened (`ack`: after the lease was durable and the packet sent). */
export interface DhcpEvent {
  readonly kind:
    | "discover"
    | "offer"
    | "request"
    | "ack"
    | "nak"
    | "decline"
    | "release"
    | "inform"
    | "ignored"
    | "foreign-server";
  readonly mac: MacAddress;
  readonly address?: Ipv4Address;
  readonly client?: BootClient;
  readonly boot?: BootAnswer;
  readonly reason?: string;
}
