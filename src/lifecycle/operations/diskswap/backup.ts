import type { Backup, ProbeReport } from "../../../raid/probes/probe.ts";
import { fail } from "../../errors.ts";
import type { StepContext, StepDefinition } from "../../step.ts";
import { act, isLost, probe, type Swap } from "./hands.ts";
import { keep, planOf, recall } from "./memory.ts";
import { lostRetries } from "./retries.ts";

/** Dumps before the file backups that carry them. */
export const backUp = (swap: Swap): StepDefinition => ({
  name: "back-up",
  label: "Back up now",
  idempotent: true,
  deadlineMs: swap.parts.times.backUpMs,
  expectedMs: 600_000,
  retries: lostRetries,
  run: async (ctx) => {
    const began = recall(ctx, "backUpSince") ?? ctx.clock.now().getTime();
    await keep(ctx, "backUpSince", began);
    const all = backupsIn(await probe(swap, ctx));
    const ours = inOrder(all).filter(({ runNow }) => runNow !== undefined);
    if (ours.length === 0)
      return { skipped: all.length === 0 ? "it has no backups" : "none of them can be made from here" };
    if (planOf(ctx).mode !== "cold" && all.every(isInTime))
      return { skipped: "every backup is as fresh as it should be" };
    for (const backup of ours) await make(swap, ctx, backup);
    return undefined;
  },
});

const backupsIn = (reports: readonly ProbeReport[]): readonly Backup[] =>
  reports.flatMap((report) => (report.state === "present" ? (report.backups ?? []) : []));

const isInTime = ({ ageSeconds, maxAgeSeconds }: Backup) => ageSeconds !== undefined && ageSeconds <= maxAgeSeconds;

const inOrder = (backups: readonly Backup[]): readonly Backup[] => [
  ...backups.filter(({ kind }) => kind === "dump"),
  ...backups.filter(({ kind }) => kind === "files"),
];

const wordsOf = ({ tool, covers }: Backup) => `${tool} of ${covers.join(", ")}`;

const sameBackup = (one: Backup, other: Backup) =>
  one.tool === other.tool && one.kind === other.kind && one.covers.join() === other.covers.join();

/** Made since the swap began? Ages are the host's own arithmetic, so the host's clock may be wrong. */
function isMade(ctx: StepContext, { ageSeconds }: Backup): boolean {
  const sinceMs = ctx.clock.now().getTime() - (recall(ctx, "backUpSince") ?? 0);
  return ageSeconds !== undefined && ageSeconds * 1000 <= sinceMs;
}

/** Its own probe says whether it is there, not the command's word. */
async function make(swap: Swap, ctx: StepContext, backup: Backup): Promise<void> {
  const now = async () => backupsIn(await probe(swap, ctx)).find((one) => sameBackup(one, backup));
  const before = await now();
  if (before && isMade(ctx, before)) return ctx.line(`${wordsOf(backup)} is made already`);
  ctx.line(`${wordsOf(backup)} is being made`);
  const commands = [backup.runNow ?? ""];
  await act(swap, ctx, swap.seams.acts.backUpNow({ commands })).catch((error: unknown) => {
    if (!isLost(error)) throw error;
  });
  const after = await now();
  if (after && isMade(ctx, after)) return ctx.note(`backed up: ${wordsOf(backup)}`);
  throw fail("swap-backup-unproven", { node: ctx.node, backup: wordsOf(backup), ageSeconds: after?.ageSeconds });
}
