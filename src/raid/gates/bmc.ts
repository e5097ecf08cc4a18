import type { Gate, Judgement, SwapQuestion } from "./gate.ts";

/** G15. After the power is off, the BMC is the only one who can switch it on, and show why it doesn't start. */
export const bmcGate: Gate = {
  id: "G15",
  title: "The BMC answers",
  judge(question) {
    return [judgeBmc(question)];
  },
};

function judgeBmc({ plan, surroundings: { bmc } }: SwapQuestion): Judgement {
  const isCold = plan.mode === "cold";
  const said = bmc.said === undefined ? "" : `: ${bmc.said}`;
  switch (bmc.state) {
    case "ok":
      return { verdict: "pass", evidence: `the BMC answers${said}` };
    case "manual": {
      const evidence = `there is no BMC: somebody switches the power by hand${said}`;
      if (!isCold) return { verdict: "pass", evidence };
      const remedy = "Have somebody with a screen and a keyboard at the rack, and waive it.";
      return { verdict: "confirm", evidence, remedy, waiver: "bmc" };
    }
    case "unreachable": {
      const evidence = `the BMC doesn't answer${said}`;
      const remedy = "Mend it first: provision bmc ping";
      return { verdict: isCold ? "refuse" : "warn", evidence, remedy };
    }
    default:
      return bmc.state satisfies never;
  }
}
