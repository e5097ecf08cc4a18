import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Command, CommanderError } from "commander";
import { systemClock } from "../clock.ts";
import { toRecord } from "../errors.ts";
import { createLog } from "../log.ts";
import type { CliCommand, Context, Faces, OptionValues, Outcome, Terminal } from "./command.ts";
import { neededCommands } from "./commands/needed.ts";
import { fail } from "./errors.ts";
import { exitCodeOf, renderFailure } from "./failure.ts";
import { enterSiteNamespace } from "./namespace.ts";
import { openTerminal } from "./terminal.ts";

/** Runs one command line and sets the process's exit status. The only place that prints results and exits. */
export async function main(argv: readonly string[], faces: Faces): Promise<void> {
  const json = argv.includes("--json");
  const terminal = openTerminal({ argv, json, plain: argv.includes("--no-color") });
  const program = createProgram(await neededCommands(argv), (command, values, words) =>
    perform({ command, values, words, terminal, faces }),
  );
  try {
    await program.parseAsync(argv, { from: "user" });
  } catch (thrown) {
    process.exitCode = isHelp(thrown) ? 0 : report(usageError(thrown), terminal, argv);
  } finally {
    terminal.close();
  }
  process.exit();
}

/** `--help` and `--version` come as errors with exit code 0, and are printed already. */
const isHelp = (thrown: unknown) => thrown instanceof CommanderError && thrown.exitCode === 0;

/** Commander's own complaints in our shape: `error: unknown command 'nod'\n(Did you mean node?)`. */
function usageError(thrown: unknown): unknown {
  if (!(thrown instanceof CommanderError)) return thrown;
  if (thrown.code === "commander.help") return fail("usage", { said: "A command is missing", advice: seeHelp });
  const [said = "", advice = seeHelp] = thrown.message.replace(/^error: /, "").split("\n");
  return fail("usage", { said, advice: advice.replace(/^\((.*)\)$/, "$1") });
}

const seeHelp = "See: provision --help";

type Perform = (command: CliCommand, values: OptionValues, words: readonly string[]) => Promise<void>;

/** Commander's view of the explicit list of commands; groups such as `lab` and `inventory` come from their first word. */
export function createProgram(commands: readonly CliCommand[], perform: Perform): Command {
  const program = new Command("provision")
    .description("Bare metal and virtual machines, from just racked to serving traffic")
    .version(ownVersion(), "-V, --version", "print the version")
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: true })
    .option("--inventory <folder>", "the folder with site.yaml (default: ./inventory)")
    .option("--json", "print data instead of text; events as one JSON object a line")
    .option("--no-color", "no colours")
    .option("--debug", "show the log and the stack of a failure");
  for (const command of commands) {
    const words = command.name.split(" ");
    const parent = words.length > 1 ? groupOf(program, words[0] as string) : program;
    const built = parent.command(words.at(-1) as string).summary(command.summary);
    built.description(`${command.summary}\n\nExample: provision ${command.example}`);
    for (const argument of command.arguments?.split(" ") ?? []) built.argument(argument);
    for (const { flags, help, default: usual, repeats } of command.options ?? []) {
      if (repeats) built.option(flags, help, (value: string, earlier: readonly string[] = []) => [...earlier, value]);
      else built.option(flags, help, usual);
    }
    built.action(async () => perform(command, built.optsWithGlobals(), built.args));
  }
  return program;
}

const ownVersion = () =>
  (JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8")) as { version: string }).version;

function groupOf(program: Command, name: string): Command {
  const known = program.commands.find((command) => command.name() === name);
  return known ?? program.command(name).summary(`${name} commands`);
}

interface Performance {
  readonly command: CliCommand;
  readonly values: OptionValues;
  readonly words: readonly string[];
  readonly terminal: Terminal;
  readonly faces: Faces;
}

async function perform({ command, values, words, terminal, faces }: Performance): Promise<void> {
  const inventoryFolder = findInventory(values.inventory as string | undefined);
  if (command.needsRoot && !terminal.isRoot)
    throw fail("command-needs-root", { why: command.needsRoot, command: terminal.commandLineAsRoot });
  const { network = false } = command;
  if (typeof network === "function" ? network(values) : network) enterSiteNamespace({ inventoryFolder, terminal });
  const log = createLog((entry) => {
    if (values.debug) terminal.say(`${entry.level} ${entry.message} ${JSON.stringify(entry.fields)}`);
  });
  const { environment, isRoot, say } = terminal;
  const context: Context = { terminal, environment, isRoot, say, clock: systemClock, log, inventoryFolder, faces };
  show(await command.run({ arguments: words, options: values }, context), terminal);
}

/** As asked; else ./inventory; else the one that stands beside the program, which is the demo's. */
function findInventory(asked: string | undefined): string {
  if (asked) return resolve(asked);
  const here = resolve("inventory");
  return existsSync(join(here, "site.yaml")) ? here : resolve(import.meta.dirname, "../../inventory");
}

function show(outcome: Outcome, terminal: Terminal): void {
  const text = terminal.json ? JSON.stringify(outcome.json) : outcome.text(terminal.style).trimEnd();
  if (text) terminal.write(`${text}\n`);
  process.exitCode = outcome.exitCode ?? 0;
}

function report(thrown: unknown, terminal: Terminal, argv: readonly string[]): number {
  const problems = thrown instanceof AggregateError ? thrown.errors : [thrown];
  const records = problems.map(toRecord);
  if (terminal.json) terminal.write(`${JSON.stringify({ error: records[0], errors: records })}\n`);
  for (const record of records) process.stderr.write(`${renderFailure(record, terminal.style)}\n`);
  if (argv.includes("--debug") && thrown instanceof Error) process.stderr.write(`${thrown.stack}\n`);
  return Math.max(1, ...records.map(exitCodeOf));
}
