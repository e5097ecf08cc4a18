import type { PoolMember } from "../../disks.ts";
import { toRecord } from "../../errors.ts";
import { type FoundMember, isControllers, otherPlaces } from "../keepers/find-member.ts";
import { mayLeave } from "../keepers/keeper.ts";
import { labelOfMember } from "../keepers/keeper-plan.ts";
import { keepers } from "../keepers/list.ts";
import type { World } from "../world.ts";
import { backupsGate } from "./backups.ts";
import { clusterGate } from "./cluster.ts";
import type { Gate, Judgement, SwapQuestion } from "./gate.ts";
import { guestsGate } from "./guests.ts";
import { hotSwapGate } from "./hot-swap.ts";
import { keeperDiskGate } from "./keeper-disk.ts";
import { lastCopyGate } from "./last-copy.ts";
import { oneAtATimeGate } from "./one-at-a-time.ts";
import { smartGate } from "./smart.ts";

/** In the order in which they are shown: of a disk that a keeper has, in place of md's. */
export function keeperGates(found: FoundMember): readonly Gate[] {
  const disk = isControllers(found.pool) ? [] : [keeperDiskGate(found)];
  return [
    ...[spareGate(found), ...disk, survivorsGate(found), smartGate, lastCopyGate, backupsGate, clusterGate, guestsGate],
    ...[withoutOwn(found), neverCold],
  ];
}

/** K1. G2, G3 and G4 of what isn't md's, and as law as those: its keeper's own rules say whether it may leave, of every pool. */
const spareGate = (found: FoundMember): Gate => ({
  id: "K1",
  title: "Its keeper can spare it",
  judge: ({ world }) => [...wrongOne(found), ...[found, ...otherPlaces(world, found)].map((one) => spare(world, one))],
});

function spare(world: World, { pool, member }: FoundMember): Judgement {
  const label = `${pool.name} (${pool.kind} ${pool.level})`;
  const who = labelOfMember(member);
  if (pool.state === "rebuilding") {
    return refuse(`${label} is being rebuilt: ${pool.said}`, "Wait until that is over.");
  }
  if (member.state === "spare") {
    return refuse(`${who} is a spare of ${label}`, "A spare is exchanged with its keeper's own tool.");
  }
  try {
    keepers[pool.kind].steps(pool, member, world.disks);
  } catch (thrown) {
    return refuse(`${label}: ${toRecord(thrown).message}`, "Mend what is missing first, and wait until it is whole.");
  }
  const left = pool.redundancyLeft;
  const bears = `bears the loss of ${left} more ${left === 1 ? "disk" : "disks"}`;
  const leaves = mayLeave(pool, member) && left === 0 ? `${who} is ${member.said}: nothing is lost by it` : bears;
  return { verdict: "pass", evidence: `${label} can spare it: ${leaves}` };
}

/** A good disk whose neighbour is ill: then somebody means the neighbour. */
function wrongOne({ pool, member }: FoundMember): readonly Judgement[] {
  const ill = pool.members.filter((one) => one !== member && (one.state === "failed" || one.state === "missing"));
  if (member.state !== "ok" || ill.length === 0) return [];
  const others = ill.map((one) => `${labelOfMember(one)} is ${one.said}`).join(", ");
  return [
    refuse(`${labelOfMember(member)} is well, but ${others}`, "Replace the one that failed or is missing first."),
  ];
}

/** K3. What its keeper says of those that stay; a controller's disks have no SMART that is seen here. */
const survivorsGate = ({ pool, member }: FoundMember): Gate => ({
  id: "K3",
  title: "Its keeper says nothing against the survivors",
  judge: () => {
    const ill = pool.members.filter((one) => one !== member).flatMap(against);
    if (ill.length > 0) return ill;
    return [{ verdict: "pass", evidence: `${pool.members.length - 1} others without errors` }];
  },
});

function against(one: PoolMember): readonly Judgement[] {
  const errors = (one.readErrors ?? 0) + (one.writeErrors ?? 0) + (one.checksumErrors ?? 0);
  if (one.state !== "predicted" && errors === 0) return [];
  const who = labelOfMember(one);
  const evidence = `${who}: ${one.said}${errors > 0 ? `, ${errors} errors` : ""}`;
  const remedy = "Back up first: while the new disk is filled, what this one can't read is lost.";
  return [{ verdict: "confirm", evidence, waiver: `member:${who}`, remedy }];
}

/** The member's own pool is judged by K1; that it is degraded is why somebody comes. */
const withoutOwn = (found: FoundMember): Gate => ({
  ...oneAtATimeGate,
  judge: (question: SwapQuestion) => {
    const own = new Set([found, ...otherPlaces(question.world, found)].map(({ pool }) => pool));
    const pools = question.world.pools.filter((pool) => !own.has(pool));
    return oneAtATimeGate.judge({ ...question, world: { ...question.world, pools } });
  },
});

/** There is no cold way to advise. */
const neverCold: Gate = {
  ...hotSwapGate,
  judge: (question) =>
    hotSwapGate
      .judge(question)
      .map((one) =>
        one.verdict === "refuse"
          ? { ...one, remedy: "It can't be swapped from here: shut it down, and swap it by hand." }
          : one.verdict === "warn"
            ? { ...one, remedy: "Say so in the inventory (hotSwap)." }
            : one,
      ),
};

function refuse(evidence: string, remedy: string): Judgement {
  return { verdict: "refuse", evidence, remedy };
}
