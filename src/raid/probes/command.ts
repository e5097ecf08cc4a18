import { z } from "zod";
import { quoteSh } from "../../transport/quote.ts";
import { type Answers, ageOf, askEach, backupOf, backupsWith, jsonOf, readAnswers } from "./backup-answer.ts";
import type { Backup, BackupSettings, Probe } from "./probe.ts";

/** What such a command prints; docs/probes.md tells people. Closed: a slip in a key must not pass for "nothing said". */
const answer = z.strictObject({
  backups: z.array(
    z.strictObject({
      covers: z.array(z.string().min(1)).min(1),
      /** When the last good one was finished, or began; null: there is none. */
      lastOk: z.string().nullable(),
      kind: z.enum(["files", "dump"]),
      restoreTested: z.string().optional(),
    }),
  ),
});

/** A command of the site's or a role's own that tells of backups in JSON: how whatever isn't known here is told. */
export const command: Probe = {
  name: "command",
  label: "backups told by a command",
  limitSeconds: 120,
  script: (settings) => askEach(backupsWith(settings, "command"), (one) => `eval ${quoteSh(one.command ?? "false")}`),
  parse: (lines, settings) => {
    const answers = readAnswers(lines);
    return { backups: backupsWith(settings, "command").flatMap((one, index) => judge(one, answers, index)) };
  },
};

/** One for each of what it covers; what the inventory says that it covers, and it doesn't tell of, has no backup. */
function judge(settings: BackupSettings, answers: Answers, index: number): readonly Backup[] {
  const parsed = answer.safeParse(jsonOf(answers.of(index)));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(`the command's answer: ${issue?.path.join(".")}: ${issue?.message}`);
  }
  const told = parsed.data.backups.flatMap(({ covers, kind, lastOk, restoreTested }) =>
    covers.map((cover) =>
      backupOf(settings, {
        covers: [cover],
        kind,
        ...(lastOk === null ? {} : { ageSeconds: ageOf(lastOk, answers.now) }),
        ...(restoreTested === undefined ? {} : { restoreTestedAgoSeconds: ageOf(restoreTested, answers.now) }),
      }),
    ),
  );
  const untold = settings.covers.filter((cover) => !told.some(({ covers }) => covers.includes(cover)));
  return [...told, ...untold.map((cover) => backupOf(settings, { covers: [cover] }))];
}
