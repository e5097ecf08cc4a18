import { openLab } from "../../app/lab.ts";
import type { CliCommand } from "../command.ts";
import { fail } from "../errors.ts";

/** A machine of the rack loses a disk as if somebody had pulled it, asked or not. */
export const labPull: CliCommand = {
  name: "lab pull",
  summary: "Pull a disk out of a machine of the virtual rack, running or not",
  arguments: "<machine> <serial>",
  example: "lab pull web01 WEB01-B",
  needsRoot: "it opens the rack's control socket",
  run: async ({ arguments: [machine = "", serial = ""] }, context) => {
    await (await openLab(context)).bay({ machine, pull: serial });
    return { json: { machine, pulled: serial }, text: () => `${serial} is out of ${machine}` };
  },
};

const usualSizeMiB = "4096";

export const labInsert: CliCommand = {
  name: "lab insert",
  summary: "Put a disk into an empty bay of the virtual rack: the one that was pulled, or a blank one",
  arguments: "<machine> <serial>",
  options: [{ flags: "--size <MiB>", help: "of a blank one", default: usualSizeMiB }],
  example: "lab insert web01 WEB01-C",
  needsRoot: "it opens the rack's control socket",
  run: async ({ arguments: [machine = "", serial = ""], options }, context) => {
    const sizeMiB = Number(options.size);
    if (!/^[A-Za-z0-9._-]{1,20}$/.test(serial))
      throw fail("usage", { said: `${serial} is no serial number`, advice: "1 to 20 letters, digits, dots, hyphens" });
    if (!Number.isInteger(sizeMiB) || sizeMiB < 1)
      throw fail("usage", {
        said: `--size ${options.size} is not a number of MiB`,
        advice: `As: --size ${usualSizeMiB}`,
      });
    await (await openLab(context)).bay({ machine, insert: { serial, sizeMiB } });
    return { json: { machine, inserted: serial }, text: () => `${serial} is in ${machine}` };
  },
};
