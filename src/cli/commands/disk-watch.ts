import { watchDisks } from "../../app/disks/watch.ts";
import type { CliCommand } from "../command.ts";
import { fail } from "../errors.ts";

/** Of the exit table in docs/disk-swap.md. */
const attention = 5;

export const diskWatch: CliCommand = {
  name: "disk watch",
  summary: "Watch installed nodes' disks; tell hooks what is new, open a held replacement, never act alone",
  arguments: "[nodes...]",
  options: [
    { flags: "--every <seconds>", help: "between two looks (default: the site's, or 300)" },
    { flags: "--once", help: "look once; status 5 when something is new" },
  ],
  example: "disk watch --once",
  network: true,
  run: async ({ arguments: nodes, options }, context) => {
    const { terminal } = context;
    const alarms = await watchDisks(context, {
      nodes,
      everySeconds: secondsOf(options.every),
      once: options.once === true,
      signal: terminal.interrupted,
      onAlarm: (told) => {
        if (terminal.json) terminal.write(`${JSON.stringify({ alarm: told })}\n`);
        else
          terminal.say(
            `${terminal.style.bad("!")} ${told.node}  ${told.about}: ${told.text}${told.swap ? `  → ${told.swap}` : ""}`,
          );
      },
    });
    const said = alarms === 0 ? "nothing new" : `${alarms} told`;
    return { json: { alarms }, text: () => said, exitCode: options.once && alarms > 0 ? attention : 0 };
  },
};

function secondsOf(word: unknown): number | undefined {
  if (word === undefined) return undefined;
  const seconds = Number(word);
  if (Number.isInteger(seconds) && seconds >= 1) return seconds;
  throw fail("usage", { said: `--every ${String(word)} is not a number of seconds`, advice: "As: --every 60" });
}
