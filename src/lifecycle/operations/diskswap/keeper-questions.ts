import type { FoundMember } from "../../../raid/keepers/find-member.ts";
import type { SwapPlan } from "../../../raid/swap-plan.ts";
import type { HoldQuestion } from "../../step.ts";
import { slotText, type TargetQuestion } from "./questions.ts";

const complaining = (complaint: string | undefined) => (complaint === undefined ? {} : { complaint });

const others = ({ pool, member }: FoundMember): HoldQuestion["facts"] =>
  pool.members.flatMap((one) =>
    one === member || one.serial === undefined || one.name === member.name
      ? []
      : [{ label: `must stay: slot ${one.slot ?? "unknown"}`, value: one.serial }],
  );

/** A disk that is gone, and whose serial number nobody has kept. */
export const namelessQuestion = (asked: TargetQuestion & { readonly kept: FoundMember }): HoldQuestion => ({
  kind: "gone",
  text: `${asked.kept.pool.name} misses its disk ${asked.kept.member.name}, whose serial number isn't known. If it is still in its bay, pull it: none of those that are named here. Then type: pulled; if the bay is empty, type: empty`,
  expects: "pulled, or: empty",
  facts: [
    { label: "slot", value: slotText(asked.plan.target.slot, asked.plan.target.enclosure) },
    { label: "said", value: asked.kept.member.said },
    ...others(asked.kept),
  ],
  ...complaining(asked.complaint),
});

export interface BayQuestion {
  readonly plan: SwapPlan;
  readonly kept: FoundMember;
  /** What its controller calls it; empty: nobody knows. */
  readonly bay: string;
  readonly complaint: string | undefined;
}

/** A controller's new disk: it is seen in its bay, or somebody says that it is in. */
export const newInBayQuestion = ({ plan, kept, bay, complaint }: BayQuestion): HoldQuestion => ({
  kind: "new-disk",
  text: bay
    ? "Put the new disk into the same bay. It is recognised by itself; if nothing happens for a minute, type: done"
    : "Put the new disk in, and type what its controller calls the bay, as: /c0/e252/s1",
  expects: bay ? "nothing; or: done" : "the bay, as: /c0/e252/s1",
  facts: [
    { label: "slot", value: slotText(plan.target.slot, plan.target.enclosure) },
    ...(bay ? [{ label: "bay", value: bay }] : []),
    { label: "at least", value: "as large as the others" },
    ...others(kept),
  ],
  ...complaining(complaint),
});

/** What was mended by hand (room on a btrfs) moves nothing by itself: an answer lets it try again. */
export const keeperStallQuestion = ({ pool }: FoundMember, said: string, stalledMs: number): HoldQuestion => ({
  kind: "stall",
  text: `The rebuild hasn't moved for ${Math.round(stalledMs / 60_000)} minutes. Look at the kernel's log, and at what ${pool.kind} says of ${pool.name}: is there too little room on it? When that is mended, type: again`,
  expects: "nothing: it goes on when the rebuild moves; or: again",
  facts: [{ label: pool.kind, value: said }],
});
