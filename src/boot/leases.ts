import type { Kysely } from "kysely";
import type { Lease, LeaseRecords } from "../dhcp/policy.ts";
import type { Database } from "../store/database.ts";
import type { Ipv4Address, MacAddress } from "../wire/addresses.ts";
import type { BootTables } from "./tables.ts";

/** The DHCP server's leases over the database: read from memory, and known to memory only once they are durable. */
export async function createLeases(database: Database): Promise<LeaseRecords> {
  const db = database.tables<BootTables>();
  const rows = await db.selectFrom("boot_leases").selectAll().execute();
  const [byMac, byAddress] = [new Map<MacAddress, Lease>(), new Map<Ipv4Address, Lease>()];
  const forget = (lease: Lease | undefined) => {
    if (!lease) return;
    byMac.delete(lease.mac);
    byAddress.delete(lease.address);
  };
  const remember = (lease: Lease) => {
    forget(byMac.get(lease.mac));
    forget(byAddress.get(lease.address));
    byMac.set(lease.mac, lease);
    byAddress.set(lease.address, lease);
  };
  for (const row of rows) remember(toLease(row));
  return {
    byMac: (mac) => byMac.get(mac),
    byAddress: (address) => byAddress.get(address),
    all: () => [...byMac.values()],
    commit: async (lease) => {
      await write(db, lease);
      remember(lease);
    },
    release: async (mac) => {
      await db.deleteFrom("boot_leases").where("mac", "=", mac).execute();
      forget(byMac.get(mac));
    },
  };
}

/** SQLite's REPLACE drops every row that stands in the way: the MAC's old lease and the address's. */
async function write(db: Kysely<BootTables>, { mac, address, expiresAt, hostName }: Lease): Promise<void> {
  const row = { mac, address, expires_at: expiresAt.getTime(), host_name: hostName ?? null };
  await db.replaceInto("boot_leases").values(row).execute();
}

const toLease = ({ mac, address, expires_at, host_name }: BootTables["boot_leases"]): Lease => ({
  mac: mac as MacAddress,
  address: address as Ipv4Address,
  expiresAt: new Date(expires_at),
  ...(host_name === null ? {} : { hostName: host_name }),
});
