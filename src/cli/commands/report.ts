import { junitXml } from "../../app/junit.ts";
import { runSuite } from "../../app/run-junit.ts";
import { storedRun } from "../../app/run-records.ts";
import type { CliCommand } from "../command.ts";
import { renderRun } from "../run-lines.ts";

export const report: CliCommand = {
  name: "report",
  summary: "Show a stored run: each resource old → new, how long it took, and why it had to change",
  arguments: "<run>",
  options: [{ flags: "--junit", help: "as JUnit XML" }],
  example: "report r000123",
  run: async ({ arguments: [id = ""], options }, context) => {
    const run = await storedRun(context, id);
    return { json: run, text: (style) => (options.junit ? junitXml([runSuite(run)]) : renderRun(run, style)) };
  },
};
