import { z } from "zod";

/** What a node's disks stand in, how they are backed up, and who is told when one of them fails. */

const word = (what: string) => z.string().regex(/^[^\s].*[^\s]$|^[^\s]$/, `must be ${what}`);
const absolutePath = z.string().regex(/^\/[^\r\n]*$/, "must be an absolute path");
const line = z.string().regex(/\S/, "must not be empty");

export const baySchema = z.strictObject({
  slot: word("what stands on the chassis's label").describe(
    "As the chassis's label has it: what somebody at the rack looks for",
  ),
  serial: word("a serial number")
    .optional()
    .describe("Of the disk that is in it; none: it is empty, or nobody wrote it down"),
  enclosure: word("an enclosure's name").optional().describe("Where there are several with the same slots"),
});

/** A password in a URL would be shown with it; the tool's environment file is where it belongs. */
const repository = line
  .refine((text) => !/:\/\/[^/@\s]*:[^/@\s]*@/.test(text), "must not carry a password: put it into the environmentFile")
  .describe("Where the tool keeps its backups, as the node finds it");

const ofEvery = {
  covers: z
    .array(word("a mount point, mariadb, mysql, guest:NAME or volume NAME"))
    .min(1)
    .describe("What it is a backup of: mount points, mariadb, mysql, guest:NAME, volume NAME"),
  kind: z
    .enum(["files", "dump"])
    .optional()
    .describe("A dump is made before the files that carry it; else files, and of dumps dump"),
  environmentFile: absolutePath
    .optional()
    .describe("A file on the node with KEY=VALUE lines for the tool: the place of its password"),
  maxAgeHours: z.number().min(1).default(26).describe("How old the last good one may be, in hours"),
  runNow: line
    .optional()
    .describe("POSIX sh that makes one now and ends when it is made; none: it can't be made from here"),
};

/** Each of them is asked by the probe of its name: src/raid/probes/. */
export const backupSchema = z.discriminatedUnion("with", [
  z.strictObject({ with: z.literal("restic"), repository, ...ofEvery }),
  z.strictObject({ with: z.literal("borg"), repository, ...ofEvery }),
  z.strictObject({
    with: z.literal("dumps"),
    folder: absolutePath.describe(
      "A folder on the node; each file has a date in its name, or lies in a folder that has one",
    ),
    ...ofEvery,
  }),
  z.strictObject({
    with: z.literal("command"),
    command: line.describe("POSIX sh that prints JSON, as docs/probes.md has it"),
    ...ofEvery,
  }),
]);

/** Either of two; written as one object, so that a slip is told as what it is. */
const hook = z
  .strictObject({
    webhook: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe("URL that gets a POST with JSON"),
    mail: z
      .string()
      .regex(/^[^\s@<>]+@[^\s@<>]+$/, "must be a mail address")
      .optional()
      .describe("Address that gets a mail"),
    via: absolutePath.optional().describe("The controller's sendmail(8); else /usr/sbin/sendmail"),
  })
  .superRefine(({ webhook, mail, via }, context) => {
    const add = (message: string, path: readonly string[] = []) =>
      context.addIssue({ code: "custom", message, path: [...path] });
    if ((webhook === undefined) === (mail === undefined)) add("must have either webhook or mail");
    if (webhook !== undefined && via !== undefined) add("goes with mail only", ["via"]);
  })
  .transform(
    ({ webhook, mail = "", via }): Hook =>
      webhook === undefined ? { mail, ...(via === undefined ? {} : { via }) } : { webhook },
  );

/** Who is told. */
export type Hook = { readonly webhook: string } | { readonly mail: string; readonly via?: string };

export const diskWatchSchema = z.strictObject({
  everySeconds: z.int().min(60).default(300).describe("How often every node's disks are looked at, in seconds"),
  hooks: z.array(hook).default([]).describe("Who is told when a disk fails, or soon will: webhook or mail"),
});

export type NodeBay = z.output<typeof baySchema>;
export type NodeBackup = z.output<typeof backupSchema>;
export type DiskWatch = z.output<typeof diskWatchSchema>;
