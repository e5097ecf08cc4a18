import { execFileSync } from "node:child_process";
import test from "ava";
import { junitXml } from "../../src/app/junit.ts";
import { runSuite } from "../../src/app/run-junit.ts";
import type { RunRecord, RunResult } from "../../src/converge/run-record.ts";

const result = (outcome: RunResult["outcome"], more: Partial<RunResult> = {}): RunResult => ({
  reference: `file[/etc/${outcome}]`,
  role: "base",
  declared: { file: "roles/base/role.ts", line: 7 },
  outcome,
  certainty: "seen",
  cause: "corrective",
  because: [],
  changes: [{ property: "mode", from: "0600", to: "0644" }],
  durationMs: 1234,
  ...more,
});

const run = (kind: RunRecord["kind"], results: readonly RunResult[], more: Partial<RunRecord> = {}): RunRecord => ({
  id: "r000007",
  node: "web01",
  kind,
  by: "ada@ops1",
  startedAt: new Date("2026-01-02T03:04:05.678Z"),
  durationMs: 2000,
  outcome: "changed",
  executions: 3,
  unchanged: 5,
  undoes: undefined,
  error: undefined,
  results,
  orphans: [],
  ...more,
});

/** As xmllint(1) finds it: a reader that isn't ours. */
const xpath = (xml: string, path: string) =>
  execFileSync("xmllint", ["--xpath", path, "-"], { input: xml, encoding: "utf8" }).trim();

const all = ["planned", "unfinished", "done", "failed", "skipped", "left"] as const;

for (const [kind, numbers] of [
  ["converge", { tests: "7", failures: "2", errors: "1", skipped: "2" }],
  ["drift", { tests: "7", failures: "3", errors: "1", skipped: "1" }],
] as const) {
  test(`a ${kind} run counts its cases`, (t) => {
    const xml = junitXml([
      runSuite(
        run(
          kind,
          all.map((outcome) => result(outcome)),
        ),
      ),
    ]);
    for (const [name, value] of Object.entries(numbers)) t.is(xpath(xml, `string(//testsuite/@${name})`), value, name);
    t.is(xpath(xml, "count(//testcase)"), "7");
    t.is(xpath(xml, "count(//testcase/failure)"), numbers.failures);
    t.is(xpath(xml, "string(//testsuite/@timestamp)"), "2026-01-02T03:04:05");
    t.is(xpath(xml, "string(//testsuite/@name)"), "web01 r000007");
  });
}

test("what can't be written in XML, and what ends an attribute or a tag, does no harm", (t) => {
  const hostile = `</failure> ]]> "quoted" & <b> \u0000\u001b[31m \ud800 \uffff é 🐧`;
  const bad = result("failed", { reference: hostile, changes: [{ property: hostile, to: `a\nb${hostile}` }] });
  const error = { code: "x", message: hostile, hint: hostile, fault: "machine", retry: false } as const;
  const xml = junitXml([runSuite(run("converge", [bad], { error }))]);
  t.is(xpath(xml, "count(//testcase)"), "3");
  t.is(xpath(xml, "string(//testcase[2]/@name)"), `</failure> ]]> "quoted" & <b> \ufffd\ufffd[31m \ufffd \ufffd é 🐧`);
  t.true(xpath(xml, "string(//testcase[2]/failure)").includes("a\nb</failure>"));
});

test("a run that couldn't be made is an error with its sentence", (t) => {
  const error = { code: "ssh-timeout", message: "no answer", hint: "look", fault: "machine", retry: true } as const;
  const xml = junitXml([runSuite(run("drift", [], { outcome: "broken", unchanged: 0, error }))]);
  t.is(xpath(xml, "string(//testcase/error/@message)"), "no answer");
  t.is(xpath(xml, "string(//testsuite/@tests)"), "1");
});
