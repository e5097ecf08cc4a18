import type { Assertion, HttpExpectation } from "./assertion.ts";
import type { AssertionResult } from "./verify.ts";
import { call } from "./words.ts";

/** What one check printed and ended with; `undefined` when it didn't come to its end. */
export interface Answer {
  readonly exitCode: number | undefined;
  readonly lines: readonly string[];
}

const steadySeconds = 3;

/** The calls that ask for an assertion; several for a sequence of requests. */
export function checkCalls(id: number, assertion: Assertion): string[] {
  switch (assertion.kind) {
    case "port":
      return [
        call("check", id, "check_port", assertion.port, assertion.port.toString(16).toUpperCase().padStart(4, "0")),
      ];
    case "service":
      return [call("check", id, "check_service", assertion.unit, steadySeconds)];
    case "command":
      return [call("check", id, ...assertion.argv)];
    case "http":
      return assertion.requests.map(({ url, host }, index) =>
        call("check", `${id}.${index}`, "fetch_head", url, host ?? ""),
      );
    default:
      return assertion satisfies never;
  }
}

/** Compares what came back with what was promised. */
export function judge(assertion: Assertion, id: number, answers: ReadonlyMap<string, Answer>): AssertionResult {
  const { says } = assertion;
  if (assertion.kind === "http") {
    const judged = assertion.requests.map((request, index) => judgeHttp(request, answers.get(`${id}.${index}`)));
    return { says, ok: judged.every(({ ok }) => ok), evidence: judged.flatMap(({ evidence }) => evidence) };
  }
  const { exitCode, lines } = answers.get(`${id}`) ?? { exitCode: undefined, lines: [] };
  if (exitCode !== 0) return { says, ok: false, evidence: [...lines, `ended with ${exitCode ?? "no answer"}`] };
  const prints = assertion.kind === "command" ? assertion.prints : undefined;
  const fits = prints === undefined || new RegExp(prints, "m").test(lines.join("\n"));
  return { says, ok: fits, evidence: fits ? lines : [...lines, `does not print /${prints}/`] };
}

function judgeHttp(expected: HttpExpectation, answer: Answer | undefined): Omit<AssertionResult, "says"> {
  const lines = answer?.lines ?? [];
  const status = Number(/^HTTP\/\S+ (\d{3})/.exec(lines[0] ?? "")?.[1]);
  if (!status) return { ok: false, evidence: [`GET ${expected.url}: ${lines.join(" ").trim() || "no answer"}`] };
  const headers = new Map(
    lines.slice(1).flatMap((line): [string, string][] => {
      const colon = line.indexOf(":");
      return colon > 0 ? [[line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]] : [];
    }),
  );
  const wanted = Object.entries(expected.headers ?? {});
  const wrong = [
    ...(status === expected.status ? [] : [`expected status ${expected.status}`]),
    ...wanted
      .filter(([name, pattern]) => !new RegExp(pattern).test(headers.get(name) ?? ""))
      .map(([name, pattern]) => `expected ${name}: /${pattern}/`),
  ];
  const shown = wanted.map(([name]) => `${name}: ${headers.get(name) ?? "(none)"}`);
  return { ok: wrong.length === 0, evidence: [[`GET ${expected.url} → ${status}`, ...shown, ...wrong].join("; ")] };
}
