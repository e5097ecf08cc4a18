import { fail } from "../../errors.ts";
import type { StepDefinition } from "../../step.ts";
import type { Swap } from "./hands.ts";
import { requestOf } from "./memory.ts";
import { isSerialEnd } from "./serial-end.ts";

/** What was opened by the watch begins only when somebody says so; nothing was looked at before, and nothing touched. */
export const approve = (swap: Swap): StepDefinition => ({
  name: "approve",
  label: "Wait for somebody to begin it",
  idempotent: true,
  deadlineMs: swap.parts.times.handsMs,
  run: async (ctx) => {
    const why = ctx.parameters.opened;
    if (typeof why !== "string") return { skipped: `${ctx.by} asked for it` };
    const { serial } = requestOf(ctx.parameters);
    for (let complaint: string | undefined; ; ) {
      const end = await ctx.hold({
        kind: "approve",
        text: `${serial} should be replaced: ${why}. To begin, type its last four characters; to leave it: no`,
        expects: `${serial.slice(-4)}, or: no`,
        facts: [{ label: "serial", value: serial }],
        ...(complaint === undefined ? {} : { complaint }),
      });
      const { answer, by } = end as { answer: string; by: string };
      if (answer.trim().toLowerCase() === "no") throw fail("swap-declined", { node: ctx.node, serial, by });
      if (isSerialEnd(answer, serial)) return undefined;
      complaint = `${answer} isn't how ${serial} ends`;
    }
  },
});
