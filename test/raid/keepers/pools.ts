import type { Disk, Pool, PoolMember } from "../../../src/disks.ts";
import type { MadeHost } from "../../facts/made-host.ts";

export const member = (name: string, more: Partial<PoolMember> = {}): PoolMember => ({
  name,
  state: "ok",
  said: "ONLINE",
  ...more,
});

export const mirror = (
  kind: Pool["kind"],
  name: string,
  members: readonly PoolMember[],
  more: Partial<Pool> = {},
): Pool => ({
  ...{ kind, name, level: kind === "zfs" ? "mirror" : "raid1", state: "ok", said: "ONLINE", redundancyLeft: 1 },
  ...{ members, ...more },
});

/** A disk of the paper host with partitions, as sysfs and udev show it. */
export function plug(host: MadeHost, name: string, serial: string, partitions: readonly number[] = []) {
  host.file(`/sys/block/${name}/device/serial`, `${serial}\n`);
  host.file(`/sys/block/${name}/size`, "2097152\n");
  host.link(`/sys/class/block/${name}`, `/sys/block/${name}`);
  host.file(`/dev/${name}`, "");
  host.link(`/dev/disk/by-id/ata-DISK_${serial}`, `/dev/${name}`);
  for (const number of partitions) {
    host.file(`/sys/block/${name}/${name}${number}/partition`, `${number}\n`);
    host.link(`/sys/class/block/${name}${number}`, `/sys/block/${name}/${name}${number}`);
    host.file(`/dev/${name}${number}`, "");
    host.link(`/dev/disk/by-id/ata-DISK_${serial}-part${number}`, `/dev/${name}${number}`);
  }
  if (!host.has("/proc/swaps")) {
    host.file("/proc/swaps", "Filename Type Size Used Priority\n");
    host.file("/proc/self/mountinfo", "");
  }
}

export const disk = (serial: string, numbers: readonly number[]): Disk => ({
  ...{ name: "sdx", serial, sizeBytes: 2 ** 30, logicalSectorBytes: 512, physicalSectorBytes: 512 },
  ...{ rotational: false, removable: false, readOnly: false },
  partitions: numbers.map((number) => ({ name: `sdx${number}`, number, startBytes: 0, sizeBytes: 1 })),
});
