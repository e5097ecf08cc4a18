import { z } from "zod";
import { declare } from "../declare.ts";
import { deviceGuards, deviceShell, deviceWord, producersOf, refused } from "../device.ts";
import { mdShell, mdSteps } from "../md-shell.ts";
import { type Change, defineType, type Item, type Seen } from "../resource.ts";
import type { Step } from "../step.ts";
import { call } from "../words.ts";

const schema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9_.-]{0,31}$/, "must be a name as in /dev/md/NAME")
      .describe("The device is /dev/md/NAME; md0, md1, … are the kernel's and change"),
    level: z.union([z.literal(0), z.literal(1), z.literal(5), z.literal(6), z.literal(10)]).describe("RAID level"),
    members: z.array(deviceWord).min(2).describe("Its devices, by serial number best; each must hold nothing"),
    metadata: z
      .enum(["1.2", "1.1", "1.0"])
      .default("1.2")
      .describe("Version of the superblock; 1.0 stands at the end, for what reads a member as if it were no array"),
    chunkKiB: z
      .int()
      .min(4)
      .optional()
      .describe("Stripe size in KiB, of levels 0, 5, 6, 10; unless given mdadm chooses"),
    homehost: z
      .string()
      .regex(/^[A-Za-z0-9.-]+$/)
      .default("any")
      .describe("Whose it is: with `any` every machine that it is plugged into starts it under its name"),
    rebuild: z
      .boolean()
      .default(false)
      .describe("Put a blank device of the list into a degraded array. Without it a missing member is told, and left"),
    config: z
      .boolean()
      .default(true)
      .describe("Keep its line in mdadm.conf; with another `homehost` than `any` the initramfs is made anew"),
  })
  .refine(({ level, members }) => members.length >= least[level], {
    message: "that are too few members for this level",
  })
  .refine(({ members }) => new Set(members).size === members.length, { message: "a member is named twice" })
  .refine(({ level, chunkKiB }) => level !== 1 || chunkKiB === undefined, { message: "RAID 1 has no chunks" });

const least = { 0: 2, 1: 2, 5: 3, 6: 4, 10: 2 } as const;

type RaidArray = z.output<typeof schema>;

const read = (items: readonly Item<RaidArray>[]) =>
  items
    .map(({ id, desired: { name, level, config, members } }) =>
      call("md_array_seen", id, name, `raid${level}`, config ? "yes" : "no", ...members),
    )
    .join("\n");

function diff({ desired }: Item<RaidArray>, seen: Seen): Change[] {
  const { level, members, rebuild } = desired;
  const config: Change[] = seen.has("config") ? [{ property: "config", from: "not in mdadm.conf", to: "in it" }] : [];
  if (seen.has("stopped")) return [{ property: "ensure", from: "stopped", to: "running" }, ...config];
  if (seen.has("absent")) {
    const holds = seen.get("holds");
    const to = holds === undefined ? "present" : refused("present", holds);
    return [{ property: "ensure", from: "absent", to }, ...config];
  }
  const [found, count, missing] = [seen.get("level"), seen.get("count"), seen.get("missing")];
  const why = rebuild ? undefined : "rebuild: true is for that";
  return [
    ...(found === undefined ? [] : [{ property: "level", from: found, to: refused(`raid${level}`, "it holds data") }]),
    ...(count === undefined
      ? []
      : [{ property: "members", from: count, to: refused(`${members.length}`, "an array isn't reshaped") }]),
    ...(missing === undefined
      ? []
      : [{ property: "members", from: `without ${missing}`, to: why ? refused("with them", why) : "with them" }]),
    ...config,
  ];
}

function steps({ desired }: Item<RaidArray>, seen: Seen): Step[] {
  const { name, level, members, metadata, chunkKiB, homehost, rebuild, config } = desired;
  const words = [name, `raid${level}`, metadata, chunkKiB ?? "-", homehost, rebuild ? "yes" : "no", ...members];
  const make: Step = { kind: "call", function: "md_array_make", words };
  const differs = [...seen.keys()].some((key) => key !== "config");
  return [...(differs ? [make] : []), ...(config ? mdSteps(name, homehost) : [])];
}

export const mdArrayType = defineType({
  name: "md_array",
  summary:
    "An array of Linux's software RAID over empty devices; an existing one is started, never made anew or reshaped.",
  example: 'mdArray("data", { level: 1, members: ["S3YANX0A0001-part1", "S3YANX0A0002-part1"] })',
  schema,
  titleKey: "name",
  shell: { read: [deviceShell, mdShell.read], apply: [deviceGuards, mdShell.apply] },
  read,
  diff,
  steps,
  autoRequire: ({ members }) => ["package[mdadm]", ...members.flatMap(producersOf)],
  claims: ({ name, members }) => ({
    whole: [`array:${name}`, ...members.map((member) => `content of device:${member}`)],
    part: ["path:/etc/mdadm/mdadm.conf"],
  }),
});

/** An array: `mdArray("data", { level: 1, members: ["S3YANX0A0001-part1", "S3YANX0A0002-part1"] })`. */
export const mdArray = declare({ name: "md_array", schema, titleKey: "name" });
