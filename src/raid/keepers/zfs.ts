import type { Disk, Pool, PoolMember } from "../../disks.ts";
import { type Act, act, call } from "../acts/act.ts";
import { locate } from "../acts/locate.ts";
import { partitionDisk } from "../acts/partition-disk.ts";
import { fail } from "../errors.ts";
import { deviceShell } from "./device-shell.ts";
import { demandLeave, isOut, type Keeper, partitionIn, survivorOf } from "./keeper.ts";
import { zfsShell } from "./zfs-shell.ts";

/**
 * zpool-offline(8), zpool-replace(8). By GUID: a name may be another disk's by now (openzfs#1174). Never `zpool add`, which
 * can't be undone (openzfs#9772). A pool that the machine starts from lies on partitions: they are copied from a survivor first.
 */
export const zfsKeeper: Keeper = {
  kind: "zfs",
  steps(pool, member, disks) {
    demandLeave(pool, member);
    if (!/^\d+$/.test(member.name)) {
      throw fail("no-swap-plan", { disk: member.serial ?? member.name, why: `its GUID in ${pool.name} isn't known` });
    }
    const serial = member.serial ?? "";
    return {
      leave: isOut(member) ? [] : [offline(pool, member)],
      locateOn: locate({ serial, on: true, ...bayOf(member) }),
      locateOff: locate({ serial, on: false, ...bayOf(member) }),
      finish: [],
      takeBack: online(pool, member),
      join: (fresh) => joinOf(pool, member, { fresh, disks }),
    };
  },
};

const bayOf = ({ slot }: PoolMember) => (slot === undefined ? {} : { slot });

function offline(pool: Pool, member: PoolMember): Act {
  return act({
    name: "taking the disk out of the ZFS pool",
    limitMs: 120_000,
    shell: [deviceShell, zfsShell],
    body: `${call("z_leave", pool.name, member.name, member.serial ?? "")}`,
  });
}

/** zpool-online(8). What was written meanwhile is resilvered; a member that is in is left alone. */
function online(pool: Pool, member: PoolMember): Act {
  return act({
    name: "taking the disk into the ZFS pool again",
    limitMs: 120_000,
    shell: [deviceShell, zfsShell, back],
    body: call("z_back", pool.name, member.name, member.serial ?? ""),
  });
}

const back = `
z_back() { # pool guid serial
  z_row "$1" "$2" || refuse no-member "$2 is not in the ZFS pool $1"
  case $z_state in
    OFFLINE | REMOVED | UNAVAIL) ;;
    *) say "$z_state" "$2"; return 0 ;;
  esac
  [ -z "$3" ] || case $z_device in /*) k_same "$z_device" "$3" ;; esac
  must zpool online "$1" "$2"
  z_row "$1" "$2" || stop "$2 has left $1"
  case $z_state in ONLINE | DEGRADED) ;; *) stop "$2 of $1 is $z_state after zpool online" ;; esac
  say onlined "$2"
}
`;

interface Joining {
  readonly fresh: string;
  readonly disks: readonly Disk[];
}

function joinOf(pool: Pool, member: PoolMember, { fresh, disks }: Joining): readonly Act[] {
  const survivor = survivorOf(pool, member);
  const partition = isWholeDisk(survivor, disks) ? 0 : partitionIn(member.device);
  const pattern = partition === 0 ? undefined : survivor?.serial;
  const replace = act({
    name: "replacing the disk in the ZFS pool",
    limitMs: 300_000,
    shell: [deviceShell, zfsShell],
    body: `${call("z_join", pool.name, member.name, fresh, partition)}`,
  });
  if (pattern === undefined) return [replace];
  return [
    partitionDisk({ serial: fresh, from: { kind: "survivor", serial: pattern, label: "gpt" } }),
    replace,
    start(fresh, pattern),
  ];
}

/** ZFS divides a disk that it was given whole itself: data in the first partition, 8 MiB of nothing in the ninth. */
function isWholeDisk(survivor: PoolMember | undefined, disks: readonly Disk[]): boolean {
  const disk = disks.find(({ serial }) => serial !== undefined && serial === survivor?.serial);
  const numbers = disk?.partitions.map(({ number }) => number).join();
  return partitionIn(survivor?.device) === 0 || numbers === "1,9";
}

/** proxmox-boot-tool(8), where the host is started that way; elsewhere the boot loader's acts are whoever's asks for them. */
const start = (fresh: string, survivor: string): Act =>
  act({
    name: "making the new disk start the machine, as Proxmox does",
    limitMs: 180_000,
    shell: [deviceShell, zfsShell],
    body: `${call("z_start", fresh, survivor)}`,
  });
