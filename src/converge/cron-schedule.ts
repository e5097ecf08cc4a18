import { z } from "zod";

/** crontab(5): each field with its bounds and names. */
const fields = [
  { name: "minute", from: 0, to: 59 },
  { name: "hour", from: 0, to: 23 },
  { name: "day of the month", from: 1, to: 31 },
  {
    name: "month",
    from: 1,
    to: 12,
    names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
  },
  { name: "day of the week", from: 0, to: 7, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
] as const;

type Field = (typeof fields)[number];

const nicknames = /^@(reboot|yearly|annually|monthly|weekly|daily|midnight|hourly)$/;

/** What is wrong with a schedule of crontab(5), or nothing. */
export function wrongSchedule(schedule: string): string | undefined {
  if (nicknames.test(schedule)) return undefined;
  const given = schedule.split(" ");
  if (given.length !== fields.length) return 'must be five fields such as "*/5 * * * *", or one such as "@daily"';
  return fields
    .map((field, index) => wrongField(field, given[index] ?? ""))
    .find((problem): problem is string => problem !== undefined);
}

function wrongField(field: Field, text: string): string | undefined {
  const bad = text.split(",").find((part) => !isPart(field, part));
  return bad === undefined ? undefined : `"${bad}" is no ${field.name}: ${field.from} to ${field.to}`;
}

/** `*`, `N`, `N-M`, each with `/STEP` where it is a range. */
function isPart(field: Field, part: string): boolean {
  const [, span = "", step] = /^([^/]+)(?:\/([1-9]\d*))?$/.exec(part) ?? [];
  if (span === "*") return true;
  const [first = "", last, ...more] = span.split("-");
  const ends = [first, last ?? first].map((end) => numberOf(field, end));
  if (more.length > 0 || ends.some((end) => end === undefined)) return false;
  return (ends[0] as number) <= (ends[1] as number) && (step === undefined || last !== undefined);
}

function numberOf(field: Field, text: string): number | undefined {
  const named = "names" in field ? (field.names as readonly string[]).indexOf(text.toLowerCase()) : -1;
  if (named >= 0) return named + field.from;
  const value = /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  return value >= field.from && value <= field.to ? value : undefined;
}

/** A schedule as in crontab(5), checked. */
export const cronSchedule = z.string().superRefine((schedule, context) => {
  const message = wrongSchedule(schedule);
  if (message) context.addIssue({ code: "custom", message });
});
