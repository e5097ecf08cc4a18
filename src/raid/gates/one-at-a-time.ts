import type { Pool } from "../../disks.ts";
import type { Gate, Judgement, SwapQuestion } from "./gate.ts";
import { labelOf, otherArrays } from "./target-arrays.ts";

/** G13. One trouble at a time: nothing else on the host is degraded, no other node of its groups is being worked on. */
export const oneAtATimeGate: Gate = {
  id: "G13",
  title: "Nothing else is being worked on",
  judge(question) {
    const findings = [...judgeArrays(question), ...judgePools(question), ...judgeNodes(question)];
    if (findings.length > 0) return findings;
    return [{ verdict: "pass", evidence: "no other degraded array, no other node in maintenance" }];
  },
};

function judgeArrays(question: SwapQuestion): readonly Judgement[] {
  return otherArrays(question)
    .filter((array) => array.degraded > 0)
    .map((array) => ({
      verdict: "refuse",
      evidence: `${labelOf(array)}: ${array.degraded} of ${array.raidDisks} are missing, and the target isn't in it`,
      remedy: "Mend that array first.",
    }));
}

function judgePools({ world, plan }: SwapQuestion): readonly Judgement[] {
  return world.pools
    .filter((pool) => pool.state !== "ok" && pool.members.every(({ serial }) => serial !== plan.target.serial))
    .map(judgePool);
}

function judgePool(pool: Pool): Judgement {
  const evidence = `${pool.kind} ${pool.name} is ${pool.state}: ${pool.said}`;
  if (pool.state === "unknown") return { verdict: "warn", evidence, remedy: "Look at it with its own tool." };
  return { verdict: "refuse", evidence, remedy: "Mend that first, or wait until it is rebuilt." };
}

function judgeNodes({ surroundings }: SwapQuestion): readonly Judgement[] {
  return surroundings.othersInMaintenance.map((node) => ({
    verdict: "refuse",
    evidence: `${node} of the same group is being worked on`,
    remedy: "Wait until it is back.",
  }));
}
