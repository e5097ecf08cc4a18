/** Test results as CI systems read them: one XML file in the form that Jenkins, GitLab and GitHub's reporters share. */

export interface JunitSuite {
  readonly name: string;
  readonly startedAt?: Date;
  readonly cases: readonly JunitCase[];
}

export interface JunitCase {
  readonly className: string;
  readonly name: string;
  readonly durationMs: number;
  /** `failure`: it isn't as it should be. `error`: it couldn't be found out. */
  readonly outcome: "passed" | "failure" | "error" | "skipped";
  /** One line. */
  readonly message?: string;
  readonly text?: string;
}

export function junitXml(suites: readonly JunitSuite[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suites.map(suiteXml).join("")}</testsuites>\n`;
}

function suiteXml({ name, startedAt, cases }: JunitSuite): string {
  const count = (outcome: JunitCase["outcome"]) => cases.filter((one) => one.outcome === outcome).length;
  const numbers = {
    tests: cases.length,
    failures: count("failure"),
    errors: count("error"),
    skipped: count("skipped"),
    time: seconds(cases.reduce((sum, { durationMs }) => sum + durationMs, 0)),
    // ISO 8601 without a zone, in UTC.
    ...(startedAt ? { timestamp: startedAt.toISOString().slice(0, 19) } : {}),
  };
  return `  <testsuite${attributes({ name, ...numbers })}>\n${cases.map(caseXml).join("")}  </testsuite>\n`;
}

function caseXml({ className, name, durationMs, outcome, message = "", text = "" }: JunitCase): string {
  const own = attributes({ classname: className, name, time: seconds(durationMs) });
  if (outcome === "passed") return `    <testcase${own}/>\n`;
  const inner = `<${outcome}${attributes({ message })}>${escapeXml(text)}</${outcome}>`;
  return `    <testcase${own}>\n      ${inner}\n    </testcase>\n`;
}

const seconds = (ms: number) => (ms / 1000).toFixed(3);

const attributes = (values: Readonly<Record<string, string | number>>) =>
  Object.entries(values)
    .map(([name, value]) => ` ${name}="${escapeXml(String(value)).replaceAll(/[\t\n\r]/g, " ")}"`)
    .join("");

const names: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** XML 1.0 §2.2: most control characters and lone surrogates can't be written at all, not even as references. */
const escapeXml = (text: string) =>
  text
    .toWellFormed()
    .replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replaceAll(/[&<>"]/g, (character) => names[character] ?? "");
