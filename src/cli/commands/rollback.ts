import { rollBack } from "../../app/rollback.ts";
import { describePlan } from "../../converge/describe.ts";
import type { Rollback } from "../../converge/rollback.ts";
import type { CliCommand, Context } from "../command.ts";
import { operator } from "../operator.ts";
import { renderRun } from "../run-lines.ts";
import { renderPlan } from "./plan.ts";

export const rollback: CliCommand = {
  name: "rollback",
  summary: "Put back the files and links that a run replaced, made or removed; shows them first",
  arguments: "<run> [node]",
  options: [
    { flags: "--plan", help: "only show what would be put back" },
    { flags: "--force", help: "put back also what was changed since, and leave out what isn't kept" },
  ],
  example: "rollback r000123",
  network: true,
  run: async ({ arguments: [run = "", node], options }, context) => {
    const result = await rollBack(context, {
      run,
      node,
      by: operator(context.terminal.environment),
      force: options.force === true,
      planOnly: options.plan === true,
      signal: context.terminal.interrupted,
      show: (found) => show(found, context),
    });
    const own = result.run;
    const { notUndone, onlyTheirFiles } = result.rollback;
    const restored = result.rollback.plan.planned.map(({ item }) => item.reference);
    return {
      json: { undone: result.undone.id, restored, notUndone, onlyTheirFiles, run: own },
      text: (style) => (own ? renderRun(own, style) : ""),
      exitCode: own?.outcome === "failed" ? 1 : 0,
    };
  },
};

function show({ plan, notUndone, onlyTheirFiles }: Rollback, { terminal }: Context): void {
  terminal.say(
    plan.planned.length === 0
      ? `${plan.node}: everything is as it was before that run`
      : renderPlan(describePlan(plan), terminal.style),
  );
  if (onlyTheirFiles.length > 0)
    terminal.say(terminal.style.warn(`only their files, not what they set live: ${onlyTheirFiles.join(", ")}`));
  if (notUndone.length > 0) terminal.say(terminal.style.warn(`not undone: ${notUndone.join(", ")}`));
}
