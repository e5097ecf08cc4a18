import type { Disk, PoolMember } from "../../disks.ts";
import { fail } from "../errors.ts";
import { fingerprintOf } from "../fingerprint.ts";
import type { SwapPlan, Target } from "../swap-plan.ts";
import { describeTarget } from "../target.ts";
import type { World } from "../world.ts";
import { type FoundMember, isControllers } from "./find-member.ts";

/**
 * A keeper's member as a plan like md's: without arrays, table and boot loader, always hot. `knownSerials` has only what the
 * host sees itself, for those are the disks that can be seen to vanish. `recorded`: an earlier look, where a disk that is gone
 * still was. @throws `no-swap-plan` where nobody knows how large the new disk must be
 */
export function planKeeperSwap(world: World, found: FoundMember, recorded?: World): SwapPlan {
  const { pool, member } = found;
  const target = targetOf(world, found, recorded);
  const whole = pool.members.filter((one) => one !== member && (one.state === "ok" || one.state === "predicted"));
  const visible = (serial: string) =>
    world.disks.some((disk) => disk.serial === serial) || world.smart.some((report) => report.serial === serial);
  return {
    target,
    mode: "hot",
    firmware: world.firmware,
    memberships: [],
    survivors: serialsOf(whole).filter(visible).toSorted(),
    table: { kind: "none" },
    swaps: [],
    knownSerials: [...new Set([target.serial, ...serialsOf(world.disks)])].toSorted(),
    fingerprint: fingerprintOf(world),
  };
}

const serialsOf = (all: readonly Pick<Disk | PoolMember, "serial">[]) => all.flatMap(({ serial }) => serial ?? []);

/** By what it is called everywhere: its serial number, or, when nobody knows that any more, its keeper's name. */
export const labelOfMember = ({ serial, name }: PoolMember): string => serial ?? name;

function targetOf(world: World, found: FoundMember, recorded: World | undefined): Target {
  const { pool, member } = found;
  if (isControllers(pool)) return inBay(found);
  for (const places of [world, recorded]) {
    const disk = places?.disks.find((one) => member.serial !== undefined && one.serial === member.serial);
    if (places && disk) return describeTarget(places, { ...disk, serial: disk.serial ?? "" });
  }
  const like = world.disks
    .filter(({ serial }) => serial !== undefined && pool.members.some((one) => one.serial === serial))
    .toSorted((a, b) => a.sizeBytes - b.sizeBytes)[0];
  if (!like)
    throw fail("no-swap-plan", { disk: labelOfMember(member), why: `no other disk of ${pool.name} is seen here` });
  const { wwn: _wwn, vendor: _vendor, model: _model, ...shape } = like;
  return describeTarget(world, { ...shape, serial: labelOfMember(member) });
}

/** A controller's disks aren't the host's: it tells neither size nor model here, and takes only one that is large enough. */
function inBay({ pool, member }: FoundMember): Target {
  const { slot } = member;
  return {
    serial: labelOfMember(member),
    sizeBytes: 0,
    logicalSectorBytes: 0,
    ...(slot === undefined ? {} : { slot }),
    neighbours: pool.members.flatMap((one) =>
      one === member || one.serial === undefined
        ? []
        : [{ ...(one.slot === undefined ? {} : { slot: one.slot }), serial: one.serial }],
    ),
  };
}
