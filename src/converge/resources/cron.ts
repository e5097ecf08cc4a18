import { z } from "zod";
import { Secret } from "../../secret.ts";
import { cronSchedule } from "../cron-schedule.ts";
import { declare } from "../declare.ts";
import { defineType, type Item, type Seen } from "../resource.ts";
import { accountName } from "../words.ts";
import { diffFile, readFiles, stepsOfFile, type WrittenFile } from "../written-file.ts";

/** crontab(5): quotes keep blanks, and nothing inside them is expanded or escaped. */
const value = /^[^"\n\0]*$/;

const schema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9_][A-Za-z0-9_-]*$/, "must be letters, digits, _ and -: cron passes over names with a dot")
      .describe("Name of the file in /etc/cron.d"),
    schedule: cronSchedule
      .optional()
      .describe("When, as in crontab(5): `*/5 * * * *` or `@daily`; in the time zone of the host"),
    command: z
      .string()
      .regex(/^[^\s\0][^\n\0]*$/, "must be one line")
      .optional()
      .describe("Line of shell, written as for a shell: a `%` is escaped for cron"),
    user: accountName.default("root").describe("Account that it runs as"),
    environment: z
      .record(
        z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be a variable's name"),
        z
          .union([z.string(), z.instanceof(Secret)])
          .refine((given) => value.test(textOf(given)), "must be one line without a double quote"),
      )
      .default({})
      .describe("Variables; cron's own PATH is only /usr/bin:/bin. A secret among them makes the file root's alone"),
    ensure: z.enum(["present", "absent"]).default("present").describe("Whether it is there at all"),
  })
  .refine(
    ({ schedule, command, ensure }) =>
      [schedule, command].every((one) => (one !== undefined) === (ensure === "present")),
    "a present one has a schedule and a command, an absent one neither",
  );

type Cron = z.output<typeof schema>;

const textOf = (given: string | Secret) => (given instanceof Secret ? given.reveal() : given);

function fileOf({ name, ensure, schedule, command = "", user, environment }: Cron): WrittenFile {
  const variables = Object.entries(environment);
  const secret = variables.some(([, given]) => given instanceof Secret);
  const text = [
    `# Written by provision: cron[${name}]`,
    ...variables.map(([key, given]) => `${key}="${textOf(given)}"`),
    `${schedule} ${user} ${command.replaceAll("%", "\\%")}`,
    "",
  ].join("\n");
  const content = secret ? new Secret(text) : text;
  return {
    path: `/etc/cron.d/${name}`,
    ensure,
    content,
    mode: secret ? "0600" : "0644",
    owner: "root",
    group: "root",
  };
}

export const cronType = defineType({
  name: "cron",
  summary: "A command that cron runs at its times, in a file of its own under /etc/cron.d.",
  example: 'cron("dump", { schedule: "30 2 * * *", command: "/usr/local/sbin/dump", user: "backup" })',
  schema,
  titleKey: "name",
  read: (items: readonly Item<Cron>[]) => readFiles(items.map(({ id, desired }) => ({ id, file: fileOf(desired) }))),
  diff: ({ desired }: Item<Cron>, seen: Seen) => diffFile(fileOf(desired), seen),
  steps: ({ desired }: Item<Cron>) => stepsOfFile(fileOf(desired)),
  autoRequire: ({ user, ensure }) =>
    ensure === "absent" ? [] : ["package[cron]", "package[cronie]", "directory[/etc/cron.d]", `user[${user}]`],
  claims: ({ name }) => ({ whole: [`path:/etc/cron.d/${name}`] }),
  absent: ({ name }) => ({ name, ensure: "absent" }),
});

/** A command at its times: `cron("dump", { schedule: "30 2 * * *", command: "/usr/local/sbin/dump" })`. */
export const cron = declare({ name: "cron", schema, titleKey: "name" });
