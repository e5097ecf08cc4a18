import type { Carried } from "../probes/probe.ts";
import { carriedBy } from "./covered.ts";
import type { Gate, Judgement, SwapQuestion } from "./gate.ts";

/** G12. A cold swap takes the power from every guest: each is named, so that nobody is surprised. */
export const guestsGate: Gate = {
  id: "G12",
  title: "The guests may go down",
  judge(question) {
    const guests = question.probes.flatMap(carriedBy).filter(({ kind }) => kind === "guest");
    if (guests.length === 0) return [{ verdict: "pass", evidence: noneSeen(question) }];
    return guests.map((guest) => judgeGuest(guest, question));
  },
};

/** A probe that couldn't tell has its finding at G11. */
function noneSeen({ probes }: SwapQuestion): string {
  const mute = probes.filter(({ state }) => state === "unknown").map(({ label }) => label);
  return mute.length === 0 ? "no guests" : `no guests seen; unknown: ${mute.join(", ")}`;
}

function judgeGuest({ name, detail, holdsBack, drain }: Carried, { plan }: SwapQuestion): Judgement {
  if (plan.mode !== "cold") return { verdict: "pass", evidence: `${name}: ${detail}; goes on running` };
  if (holdsBack !== undefined) {
    return { verdict: "refuse", evidence: `${name}: ${detail}; ${holdsBack}`, remedy: "Clear that up first." };
  }
  const way = drain === undefined ? "goes down with the host" : "is taken off the host in step quiesce";
  return {
    verdict: "confirm",
    evidence: `${name}: ${detail}; ${way}`,
    waiver: `guest:${name}`,
    remedy: drain === undefined ? "Migrate it or shut it down first, or waive it." : "Tell its users, and waive it.",
  };
}
