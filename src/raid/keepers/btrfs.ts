import type { Pool, PoolMember } from "../../disks.ts";
import { type Act, act, call } from "../acts/act.ts";
import { locate } from "../acts/locate.ts";
import { partitionDisk } from "../acts/partition-disk.ts";
import { fail } from "../errors.ts";
import { btrfsShell } from "./btrfs-shell.ts";
import { deviceShell } from "./device-shell.ts";
import { demandLeave, type Keeper, partitionIn, survivorOf } from "./keeper.ts";

/**
 * btrfs-replace(8), by devid. btrfs has no "offline": a disk just goes, so that leaving only looks whether it may. What was
 * written meanwhile has one copy, also after the replacement: `finish` converts it, and is to be run when the replace is over.
 */
export const btrfsKeeper: Keeper = {
  kind: "btrfs",
  steps(pool, member) {
    demandLeave(pool, member);
    const devid = devidOf(pool, member);
    const serial = member.serial ?? "";
    const bay = member.slot === undefined ? {} : { slot: member.slot };
    return {
      leave: member.state === "missing" ? [] : [ready(pool, devid, serial)],
      locateOn: locate({ serial, on: true, ...bay }),
      locateOff: locate({ serial, on: false, ...bay }),
      finish: [finish(pool)],
      takeBack: {
        none: "btrfs has no disks that are taken out: one that was pulled comes back with the next mount only",
      },
      join: (fresh) => joinOf(pool, member, fresh),
    };
  },
};

function devidOf(pool: Pool, member: PoolMember): number {
  const devid = /^devid:([1-9]\d*)$/.exec(member.name)?.[1];
  if (devid !== undefined) return Number(devid);
  const why = member.name === "devid:0" ? "is being filled" : "isn't named by btrfs";
  throw fail("no-swap-plan", { disk: member.serial ?? member.name, why: `that device of ${pool.name} ${why}` });
}

const ready = (pool: Pool, devid: number, serial: string): Act =>
  act({
    name: "looking whether btrfs can spare the disk",
    limitMs: 120_000,
    shell: [deviceShell, btrfsShell],
    body: call("b_leave", pool.name, devid, serial),
  });

function joinOf(pool: Pool, member: PoolMember, fresh: string): readonly Act[] {
  const survivor = survivorOf(pool, member);
  const partition = partitionIn(member.device ?? survivor?.device);
  const replace = act({
    name: "replacing the disk in the btrfs",
    limitMs: 300_000,
    shell: [deviceShell, btrfsShell],
    body: call("b_join", pool.name, devidOf(pool, member), fresh, partition, member.serial ?? ""),
  });
  if (partition === 0 || survivor?.serial === undefined) return [replace];
  return [partitionDisk({ serial: fresh, from: { kind: "survivor", serial: survivor.serial, label: "gpt" } }), replace];
}

/**
 * After the replace: makes two copies again of what has one (`balance`, in the background). Prints `whole`, or `balancing
 * FILTERS`. Refuses with `not-finished` while a replace runs. Where too little room is free it ends early, and the pool stays
 * degraded: fact `btrfs` tells.
 */
export const finish = (pool: Pick<Pool, "name">): Act =>
  act({
    name: "giving all of the btrfs its copies again",
    limitMs: 120_000,
    shell: [deviceShell, btrfsShell],
    body: call("b_finish", pool.name),
  });
