import { z } from "zod";
import { type Answers, ageOf, askEach, backupOf, backupsWith, jsonOf, readAnswers, sameHost } from "./backup-answer.ts";
import type { Backup, BackupSettings, Probe } from "./probe.ts";

const answer = z.array(z.object({ time: z.string(), hostname: z.string(), paths: z.array(z.string()) }));
type Snapshot = z.output<typeof answer>[number];

/** restic-snapshots(1): `--latest 1` is one snapshot for each host and set of paths. `--no-lock`: a question writes nothing. */
const ask = `command -v restic >/dev/null 2>&1 || { echo 'restic is not installed' >&2; exit 1; }
exec restic snapshots --json --latest 1 --no-lock`;

/**
 * The newest snapshots in a repository. Others' in the same repository don't count, and for a folder neither do those
 * that hold other folders only.
 */
export const restic: Probe = {
  name: "restic",
  label: "restic backups",
  limitSeconds: 120,
  script: (settings) => askEach(backupsWith(settings, "restic"), () => ask),
  parse: (lines, settings) => {
    const answers = readAnswers(lines);
    return { backups: backupsWith(settings, "restic").flatMap((one, index) => judge(one, answers, index)) };
  },
};

/** One for each of what it covers, so that it is the same one after a new snapshot of some of it. */
function judge(settings: BackupSettings, answers: Answers, index: number): readonly Backup[] {
  const parsed = answer.safeParse(jsonOf(answers.of(index)));
  if (!parsed.success) throw new Error("restic's list of snapshots has another shape");
  const own = parsed.data.filter(({ hostname }) => sameHost(hostname, answers.host));
  return settings.covers.map((cover) => {
    const ageSeconds = newest(own, cover, answers.now);
    return backupOf(settings, { covers: [cover], ...(ageSeconds === undefined ? {} : { ageSeconds }) });
  });
}

function newest(snapshots: readonly Snapshot[], cover: string, now: number): number | undefined {
  const ages = snapshots.filter(({ paths }) => holds(paths, cover)).map(({ time }) => ageOf(time, now));
  return ages.length === 0 ? undefined : Math.min(...ages);
}

/** A folder is in a snapshot of it or of one above. What isn't a path (`mariadb`) may be anywhere: the inventory's word. */
const holds = (paths: readonly string[], cover: string) =>
  !cover.startsWith("/") ||
  paths.some((path) => path === cover || cover.startsWith(path.endsWith("/") ? path : `${path}/`));
