import test from "ava";
import { CommanderError } from "commander";
import { commands } from "../../src/cli/commands/list.ts";
import { neededCommands } from "../../src/cli/commands/needed.ts";
import { exitCodeOf, renderFailure } from "../../src/cli/failure.ts";
import { createProgram } from "../../src/cli/main.ts";
import { asRoot } from "../../src/cli/operator.ts";
import { noColours, type Style } from "../../src/cli/style.ts";
import type { ErrorRecord } from "../../src/errors.ts";

interface Parsed {
  readonly command: string;
  readonly words: readonly string[];
  readonly values: Readonly<Record<string, unknown>>;
}

/** What a command line means; nothing is run. Throws commander's own errors, `--help` too. */
async function parse(line: string): Promise<Parsed & { printed: string }> {
  const calls: Parsed[] = [];
  let printed = "";
  const program = createProgram(
    commands,
    async ({ name }, values, words) => void calls.push({ command: name, values, words }),
  );
  const write = (text: string) => {
    printed += text;
  };
  for (const one of [program, ...program.commands, ...program.commands.flatMap((group) => group.commands)])
    one.configureOutput({ writeOut: write, writeErr: write });
  try {
    await program.parseAsync(line.split(" "), { from: "user" });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError) || thrown.exitCode !== 0) throw thrown;
  }
  return { ...(calls[0] ?? { command: "", words: [], values: {} }), printed };
}

test("no two commands have the same name, and every name is words", (t) => {
  const names = commands.map(({ name }) => name);
  t.deepEqual(names, [...new Set(names)]);
  t.true(names.length > 20);
  t.true(names.every((name) => /^[a-z]+(?: [a-z]+)?$/.test(name)));
});

for (const { name, example, summary, options = [] } of commands) {
  test(`${name}: its example parses, and its help shows it with every option`, async (t) => {
    t.is((await parse(example)).command, name);
    const { printed, command } = await parse(`${name} --help`);
    t.is(command, "", "help runs nothing");
    const flat = printed.replaceAll(/\s+/g, " ");
    t.true(flat.includes(`Example: provision ${example}`), printed);
    t.true(flat.includes(summary), printed);
    for (const { flags, help } of options) t.true(flat.includes(flags) && flat.includes(help), printed);
    t.true(flat.includes("--inventory <folder>"), "the options of every command");
  });
}

test("what is typed arrives: words, options, options before the command", async (t) => {
  const { words, values } = await parse("--inventory /x node web01 --reinstall --json");
  t.deepEqual(words, ["web01"]);
  t.like(values, { inventory: "/x", reinstall: true, json: true, yesErase: undefined });
  t.like((await parse("node web01 --yes-erase web01")).values, { yesErase: "web01", reinstall: undefined });
  t.like((await parse("bmc identify web01")).values, { seconds: "120" });
});

for (const [line, message] of [
  ["nod web01", /unknown command 'nod'\n\(Did you mean node\?\)/],
  ["lab stats", /unknown command 'stats'\n\(Did you mean status\?\)/],
  ["node web01 --reinstal", /unknown option '--reinstal'\n\(Did you mean --reinstall\?\)/],
  ["node", /missing required argument 'node'/],
  ["node web01 web02", /too many arguments/],
  ["node web01 --yes-erase", /argument missing/],
] as const) {
  test(`provision ${line} is refused before anything runs`, async (t) => {
    await t.throwsAsync(parse(line), { message });
  });
}

const record: ErrorRecord = {
  ...{
    code: "boot-stalled",
    message: "web01 fell silent",
    hint: "Look at its console",
    fault: "machine",
    retry: false,
  },
  ...{ lastMilestone: "dhcp-ack", nextExpected: "boot-script" },
};

test("a failure says what, how far, what should have come, and what to do", (t) => {
  t.is(
    renderFailure(record, noColours),
    `error[boot-stalled]: web01 fell silent
  last seen  dhcp-ack
  expected   boot-script
  hint       Look at its console`,
  );
});

test("a failure without progress has no empty rows, and one with a place begins with it", (t) => {
  const { code, message, hint, fault, retry } = record;
  const place = { file: "nodes/web01.yaml", line: 7, column: 10 };
  t.is(
    renderFailure({ code, message, hint, fault, retry, place }, noColours),
    "error[boot-stalled]: nodes/web01.yaml:7:10: web01 fell silent\n  hint       Look at its console",
  );
});

test("colours go round the code and the place, never into the sentence", (t) => {
  const loud = { ...noColours, bad: (text: string) => `<${text}>` } as Style;
  t.regex(renderFailure(record, loud), /^<error\[boot-stalled\]>: web01 fell silent\n/);
});

for (const [fault, code] of [
  ["input", 2],
  ["machine", 1],
  ["environment", 1],
  ["defect", 1],
] as const) {
  test(`a failure by ${fault} ends with ${code}`, (t) => t.is(exitCodeOf({ ...record, fault }), code));
}

const here = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");
for (const [what, argv, folder, expected] of [
  ["in the clone the short way", ["lab", "up"], here, "sudo bin/provision lab up"],
  ["elsewhere the whole path", ["lab", "up"], "/usr/share", `sudo ${here}/bin/provision lab up`],
  [
    "words with blanks are quoted",
    ["--inventory", "/my site", "node", "a"],
    here,
    "sudo bin/provision --inventory '/my site' node a",
  ],
] as const) {
  test(`the line for root: ${what}`, (t) => t.is(asRoot(argv, folder), expected));
}

for (const [argv, expected] of [
  [["plan", "web01"], ["plan"]],
  [["--json", "--inventory", "/plan/site", "apply", "web01"], ["apply"]],
  [["--inventory=/x", "status"], ["status"]],
  [["verify", "--help"], ["verify"]],
  [["--help"], "all"],
  [["help", "plan"], "all"],
  [["constructor"], "all"],
  [["--inventory", "plan", "node"], "all"],
  [[], "all"],
] as const) {
  test(`"${argv.join(" ")}" loads ${expected === "all" ? "every command" : `only ${expected}`}`, async (t) => {
    const loaded = await neededCommands(argv);
    if (expected === "all") t.is(loaded, commands);
    else
      t.deepEqual(
        loaded,
        commands.filter(({ name }) => name === expected[0]),
      );
  });
}
