import { backupsOf, isLate } from "../backup-cover.ts";
import type { Backup } from "../probes/probe.ts";
import type { SwapMode } from "../swap-plan.ts";
import { daySeconds, inWords } from "./ages.ts";
import { covers, type Precious, preciousOf } from "./covered.ts";
import type { Gate, Judgement } from "./gate.ts";

const restoreWithinSeconds = 90 * daySeconds;
/** As good as made for this swap. */
const freshSeconds = 3_600;
/** A dump that a file backup carries was made before it, in the same night. */
const sameNightSeconds = 6 * 3_600;

/** G10. Everything that the host holds is in a backup; what isn't is waived thing by thing, by its name. */
export const backupsGate: Gate = {
  id: "G10",
  title: "Everything has a backup",
  judge(question) {
    const backups = backupsOf(question.probes);
    const things = preciousOf(question.world, question.probes);
    const findings = things.flatMap((thing) => judgeThing(thing, { things, backups, mode: question.plan.mode }));
    return findings.length > 0
      ? findings
      : [{ verdict: "pass", evidence: "nothing is mounted, no guest, no database" }];
  },
};

interface Stock {
  readonly things: readonly Precious[];
  readonly backups: readonly Backup[];
  readonly mode: SwapMode;
}

function judgeThing(thing: Precious, stock: Stock): readonly Judgement[] {
  const own = stock.backups.filter((backup) => covers(backup, thing));
  const waiver = `backup:${thing.word}`;
  const best = youngest(own);
  if (best?.ageSeconds === undefined) {
    return [
      {
        verdict: "confirm",
        evidence: `${thing.label}: ${own.length > 0 ? neverMade(own) : whyNone(thing, stock)}`,
        waiver,
        remedy: setUp,
      },
    ];
  }
  const evidence = `${thing.label}: ${best.tool} ${inWords(best.ageSeconds)} ago`;
  const canRun = own.some(({ runNow }) => runNow !== undefined);
  const against = objection(best, best.ageSeconds, {
    backups: stock.backups,
    wantsFresh: stock.mode === "cold" && !canRun,
  });
  if (against) return [{ verdict: "confirm", evidence: `${evidence}, ${against}`, waiver, remedy: makeOne(canRun) }];
  return [{ verdict: "pass", evidence }, ...judgeRestore(thing, own)];
}

const setUp = "Set up a backup of it in the inventory (backups), and let it run once.";
const makeOne = (canRun: boolean) =>
  canRun ? "Make one now: step back-up does, dumps first." : "Make one now, dump first, then the files.";

function youngest(backups: readonly Backup[]): Backup | undefined {
  const age = (backup: Backup) => backup.ageSeconds ?? Number.POSITIVE_INFINITY;
  return backups.reduce<Backup | undefined>((best, one) => (best && age(best) <= age(one) ? best : one), undefined);
}

const neverMade = (own: readonly Backup[]) => `${own.map(({ tool }) => tool).join(", ")} has no good backup of it yet`;

/** A backup of a folder in it is named, so that nobody takes it for the whole. */
function whyNone({ word }: Precious, { things, backups }: Stock): string {
  const below = word === "/" ? "/" : `${word}/`;
  const others = things.map((thing) => thing.word);
  const parts = backups.flatMap((backup) =>
    backup.covers.filter((one) => one.startsWith(below) && !others.includes(one)),
  );
  return parts.length > 0 ? `only parts have a backup: ${[...new Set(parts)].join(", ")}` : "no backup";
}

/** What speaks against the best backup of a thing. A cold swap asks for one that is made for it. */
function objection(
  best: Backup,
  ageSeconds: number,
  { backups, wantsFresh }: { readonly backups: readonly Backup[]; readonly wantsFresh: boolean },
): string | undefined {
  if (isLate(best)) return `older than the ${inWords(best.maxAgeSeconds)} that are allowed`;
  if (wantsFresh && ageSeconds > freshSeconds) {
    return "and a cold swap wants a fresh one, which can't be made from here";
  }
  return best.kind === "dump" && best.tool === "dumps" ? dumpObjection(ageSeconds, backups) : undefined;
}

/**
 * A folder of dumps lies on the host itself: what survives the host is the file backup that carries it. That one must be
 * younger than the dump it is to carry, and not so much younger that it goes on carrying an old one.
 */
function dumpObjection(ageSeconds: number, backups: readonly Backup[]): string | undefined {
  const files = youngest(backups.filter((backup) => backup.kind === "files" && backup.ageSeconds !== undefined));
  if (files?.ageSeconds === undefined) return "but no file backup carries the dump off this host";
  const [dump, carrier] = [inWords(ageSeconds), `${files.tool} of ${inWords(files.ageSeconds)} ago`];
  if (files.ageSeconds > ageSeconds) return `but ${carrier} can't carry a dump of ${dump} ago: it has an older one`;
  if (ageSeconds - files.ageSeconds > sameNightSeconds)
    return `but ${carrier} carries this old dump: a dump run was missed`;
  return undefined;
}

function judgeRestore({ label }: Precious, own: readonly Backup[]): readonly Judgement[] {
  const ages = own.flatMap(({ restoreTestedAgoSeconds }) => restoreTestedAgoSeconds ?? []);
  const last = ages.length === 0 ? undefined : Math.min(...ages);
  if (last !== undefined && last <= restoreWithinSeconds) return [];
  const evidence =
    last === undefined
      ? `${label}: no restore was ever tested`
      : `${label}: a restore was last tested ${inWords(last)} ago`;
  return [{ verdict: "warn", evidence, remedy: "Restore something of it, and look at it." }];
}
