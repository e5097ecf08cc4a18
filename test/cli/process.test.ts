import test from "ava";
import type { ErrorRecord } from "../../src/errors.ts";
import { environmentFor } from "../app/surroundings.ts";
import { load } from "../inventory/site-on-disk.ts";
import { run } from "./process.ts";

const csi = "\u001b[";

interface Case {
  readonly says: RegExp;
  readonly code: number;
}

for (const [line, { code, says }] of Object.entries({
  "inventory check": { code: 0, says: /^good: site test, 2 nodes \(n1, n2\), profiles plain\n$/ },
  status: { code: 0, says: /n2 +unknown .* never touched/ },
  "cancel n1": { code: 0, says: /nothing was running on n1/ },
  "nod n1": { code: 2, says: /error\[usage\]: unknown command 'nod'\n {2}hint +Did you mean node\?/ },
  "node n1 --reinstal": { code: 2, says: /error\[usage\]: unknown option .*\n {2}hint +Did you mean --reinstall\?/ },
  "node n9": { code: 2, says: /error\[inventory-unknown-node\].*\n {2}hint +.*n1/ },
  "forget n9 --force": { code: 2, says: /error\[inventory-unknown-node\]/ },
  "node n1 --reinstall": {
    code: 2,
    says: /error\[erase-not-confirmed\].* nobody confirmed it\n {2}hint .*--yes-erase n1/,
  },
  "node n1 --yes-erase n2": { code: 2, says: /error\[erase-not-confirmed\].* what was typed is "n2"/ },
  "verify n1": { code: 2, says: /error\[host-key-unknown\].*\n {2}hint +Install it first: provision node n1/ },
  "lab up": { code: 2, says: /error\[no-virtual-nodes\]/ },
  doctor: { code: 1, says: /\d to mend/ },
} satisfies Record<string, Case>)) {
  test(`provision ${line} ends with ${code}, in a pipe without colours`, async (t) => {
    const { folder } = load(t);
    const environment = { ...environmentFor(t), FORCE_COLOR: "1" };
    const ended = await run(["--inventory", folder, ...line.split(" ")], { environment });
    t.is(ended.code, code, ended.stdout + ended.stderr);
    t.regex(ended.stdout + ended.stderr, says);
    t.false((ended.stdout + ended.stderr).includes(csi));
    t.notRegex(ended.stderr, /\n {4}at /, "a stack");
    if (code === 2) t.is(ended.stdout, "", "failures go to standard error");
  });
}

test("--json: a failure is an object on standard output, its sentence on standard error", async (t) => {
  const { folder } = load(t, { "nodes/n1.yaml": "firmware: uefy\n" });
  const { code, stdout, stderr } = await run(["--json", "--inventory", folder, "inventory", "check"]);
  t.is(code, 2);
  const { error, errors } = JSON.parse(stdout) as { error: ErrorRecord; errors: ErrorRecord[] };
  t.deepEqual(error, errors[0]);
  t.true(errors.length > 2, "every mistake");
  const wrong = errors.find((one) => one.message.includes("uefy"));
  t.like(wrong, { code: "inventory-value", fault: "input", place: { line: 1, column: 11 } });
  t.regex(stderr, /error\[inventory-value\]: \S+nodes\/n1\.yaml:1:11: /);
});

test("--json: a slip in the command line has the same shape", async (t) => {
  const { code, stdout } = await run(["nod", "--json"]);
  t.is(code, 2);
  t.like((JSON.parse(stdout) as { error: ErrorRecord }).error, {
    code: "usage",
    fault: "input",
    hint: "Did you mean node?",
  });
});

test("--json: data is one line, and nothing else is on standard output", async (t) => {
  const { folder } = load(t);
  const { code, stdout } = await run(["inventory", "show", "n1", "--json", "--inventory", folder]);
  t.is(code, 0);
  t.is(stdout.trim().split("\n").length, 1);
  t.false(stdout.includes("canary"), "the BMC's password");
  t.like(JSON.parse(stdout), { hostName: "n1.local", bmc: { user: "admin", password: "***" } });
});

for (const [what, flags, environment, coloured] of [
  ["has colours", [], {}, true],
  ["has none with --no-color", ["--no-color"], {}, false],
  ["has none with NO_COLOR", [], { NO_COLOR: "1" }, false],
] as const) {
  test(`a terminal ${what}`, async (t) => {
    const { folder } = load(t);
    const words = ["--inventory", folder, ...flags, "inventory", "check"];
    const { stdout } = await run(words, { terminal: true, environment });
    t.regex(stdout, /good/);
    t.is(stdout.includes(csi), coloured, JSON.stringify(stdout));
  });
}

test("Ctrl-C at a question ends it, and nothing was answered", async (t) => {
  const { folder } = load(t);
  const typed = { after: /Type /, keys: "n\u0003" };
  const words = ["--inventory", folder, "node", "n1", "--reinstall"];
  const { code, stdout } = await run(words, { terminal: true, environment: environmentFor(t), typed });
  t.not(code, 0);
  t.regex(stdout, /error\[interrupted\]/);
});

test("--debug shows the stack of a failure", async (t) => {
  const { stderr } = await run(["--debug", "--inventory", "/nonexistent", "inventory", "check"]);
  t.regex(stderr, /error\[inventory-missing\][\s\S]*\n {4}at /);
});
