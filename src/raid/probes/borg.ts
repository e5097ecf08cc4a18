import { z } from "zod";
import { type Answers, ageOf, askEach, backupOf, backupsWith, jsonOf, readAnswers, sameHost } from "./backup-answer.ts";
import type { Backup, BackupSettings, Probe } from "./probe.ts";

const answer = z.object({
  archives: z.array(z.object({ name: z.string(), start: z.string(), hostname: z.string() })),
});

/**
 * borg-list(1): keys of `--format` are added to the JSON. Its times have no zone (1.x): they are of the zone that it runs in, so
 * it runs in UTC.
 */
const ask = `command -v borg >/dev/null 2>&1 || { echo 'borg is not installed' >&2; exit 1; }
TZ=UTC borg --lock-wait 20 list --json --format '{hostname}{start}'`;

/** This host's newest whole archive in a repository. Which folders an archive holds isn't asked: that is the inventory's word. */
export const borg: Probe = {
  name: "borg",
  label: "borg backups",
  limitSeconds: 120,
  script: (settings) => askEach(backupsWith(settings, "borg"), () => ask),
  parse: (lines, settings) => {
    const answers = readAnswers(lines);
    return { backups: backupsWith(settings, "borg").map((one, index) => judge(one, answers, index)) };
  },
};

/** What an interrupted `borg create` leaves behind. */
const isCheckpoint = (name: string) => /\.checkpoint(?:\.\d+)?$/.test(name);

function judge(settings: BackupSettings, answers: Answers, index: number): Backup {
  const parsed = answer.safeParse(jsonOf(answers.of(index)));
  if (!parsed.success) throw new Error("borg's list of archives has another shape");
  const ages = parsed.data.archives
    .filter(({ name, hostname }) => !isCheckpoint(name) && sameHost(hostname, answers.host))
    .map(({ start }) => ageOf(start, answers.now));
  return backupOf(settings, ages.length === 0 ? {} : { ageSeconds: Math.min(...ages) });
}
