import { z } from "zod";
import { declare } from "../declare.ts";
import { diffLine, type LineInFile, lineApplyShell, lineReadShell, readLines, stepsOfLine } from "../line-in-file.ts";
import { defineType, type Item } from "../resource.ts";

/** RFC 1123 §2.1, with the underscore that some sites have. */
const hostName = z
  .string()
  .regex(
    /^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*$/,
    "must be a host name",
  );

const schema = z.strictObject({
  name: hostName.describe("The host's full name"),
  address: z
    .union([z.ipv4(), z.ipv6()], "must be an IPv4 or IPv6 address")
    .describe("Its address; IPv4 and IPv6 have entries of their own"),
  aliases: z.array(hostName).default([]).describe("Further names, in this order"),
  ensure: z.enum(["present", "absent"]).default("present").describe("Whether it is there at all"),
});

type HostEntry = z.output<typeof schema>;

const path = "/etc/hosts";

/** The lines of the same family whose first name this is; an alias in another host's line stays. */
const lineOf = ({ name, address, aliases, ensure }: HostEntry): LineInFile => ({
  path,
  ensure,
  line: [address, [name, ...aliases].join(" ")].join("\t"),
  match: `^[[:space:]]*${address.includes(":") ? "[0-9A-Fa-f.]*:[0-9A-Fa-f.:]*" : "[0-9.]+"}[[:space:]]+${name.replaceAll(".", "\\.")}([[:space:]#]|$)`,
  create: true,
  mode: "0644",
  owner: "root",
  group: "root",
});

export const hostEntryType = defineType({
  name: "host_entry",
  summary: "A host's address and names in /etc/hosts; other hosts' lines stay.",
  example: 'hostEntry("db01.rack.test", { address: "10.77.0.21", aliases: ["db01"] })',
  schema,
  titleKey: "name",
  shell: { read: lineReadShell, apply: lineApplyShell },
  read: (items: readonly Item<HostEntry>[]) =>
    readLines(items.map(({ id, desired }) => ({ id, line: lineOf(desired) }))),
  diff: ({ desired }: Item<HostEntry>, seen) => diffLine(lineOf(desired), seen),
  steps: ({ desired }: Item<HostEntry>) => stepsOfLine(lineOf(desired)),
  claims: ({ name }) => ({ part: [`path:${path}`], whole: [`host:${name}`] }),
  absent: ({ name, address }) => ({ name, address, ensure: "absent" }),
});

/** A line of /etc/hosts: `hostEntry("db01.rack.test", { address: "10.77.0.21", aliases: ["db01"] })`. */
export const hostEntry = declare({ name: "host_entry", schema, titleKey: "name" });
