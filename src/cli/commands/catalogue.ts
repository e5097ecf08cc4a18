import { catalogueText, writeCatalogue } from "../../app/catalogue.ts";
import type { CliCommand } from "../command.ts";
import { fail } from "../errors.ts";
import { wantedOptions } from "../fleet-options.ts";

const text = (value: unknown) => (typeof value === "string" ? value : undefined);

export const catalogue: CliCommand = {
  name: "catalogue",
  summary: "Write what a node should be as one file, which `apply --from` makes so on that machine itself",
  arguments: "<node>",
  options: [
    { flags: "--output <file>", help: "a new file that only you can read; else standard output" },
    { flags: "--reveal", help: "also when it holds secrets; they are readable in it" },
    ...wantedOptions.filter(({ flags }) => flags.startsWith("--set")),
  ],
  example: "catalogue web01 --output web01.json",
  run: async ({ arguments: [node = ""], options }, context) => {
    const [reveal, file] = [options.reveal === true, text(options.output)];
    if (reveal && file === undefined && context.terminal.isInteractive) {
      const advice = `Say where: provision catalogue ${node} --reveal --output FILE`;
      throw fail("usage", { said: "Secrets aren't shown on a terminal", advice });
    }
    const set = Array.isArray(options.set) ? { set: options.set.map(String) } : {};
    const whole = await catalogueText(context, node, { reveal, ...set });
    if (file === undefined) return { json: JSON.parse(whole) as unknown, text: () => whole };
    writeCatalogue(file, whole);
    return { json: { node, file }, text: () => `${file}: what ${node} should be` };
  },
};
