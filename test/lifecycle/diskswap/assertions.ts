import type { ExecutionContext } from "ava";
import type { Did } from "./fake-host.ts";
import { fresh, old, type SwapStory } from "./swap-story.ts";

/** Takes something away from a disk, or writes to it: more than once is once too often. */
const destructive = [
  "failMember",
  "removeMember",
  "detachDisk",
  "partitionDisk",
  "addMember",
  "replaceMember",
] as const;

const isDestructive = ({ act, lines }: Did): boolean =>
  (destructive as readonly string[]).includes(act)
    ? !lines.includes("present")
    : act === "wipeDisk" && lines.includes("wiped");

/** May be done to a survivor: it takes nothing from it. */
const kind = ["installBoot", "makeEsp", "reAddMember", "moveEspMount"];

/** Whatever was done was done to the old disk or the new one; to another one only what does it no harm. */
export function assertOnlyOldAndNew(t: ExecutionContext, { host }: SwapStory): void {
  t.true(host.did.length > 0);
  for (const { act, call } of host.did) {
    const acted = [call.serial, call.oldSerial, call.newSerial].filter((one) => one !== undefined);
    if (kind.includes(act)) continue;
    t.deepEqual(
      acted.filter((one) => one !== old && one !== fresh.serial),
      [],
      act,
    );
  }
  const removals = host.did.filter(({ act }) => ["failMember", "removeMember", "detachDisk", "swapOff"].includes(act));
  t.deepEqual(
    removals.filter(({ call }) => call.serial !== old),
    [],
  );
  const writes = host.did.filter(({ act }) => ["wipeDisk", "partitionDisk", "addMember"].includes(act));
  t.deepEqual(
    writes.filter(({ call }) => call.serial !== fresh.serial),
    [],
  );
}

/** Each thing that can't be taken back, at most once. */
export function assertOnce(t: ExecutionContext, { host }: SwapStory): void {
  const done = host.did.filter(isDestructive).map(({ act, call }) => JSON.stringify([act, call]));
  t.deepEqual(
    done.filter((one, at) => done.indexOf(one) !== at),
    [],
  );
}
