import type { Assertion, HttpExpectation } from "./assertion.ts";
import type { Answer, Check, Kind } from "./checks/check.ts";
import { checks } from "./checks/list.ts";
import type { AssertionResult } from "./verify.ts";
import { call } from "./words.ts";

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
      return assertion.requests.map(({ url, host, body }, index) =>
        call("check", `${id}.${index}`, "fetch_head", url, host ?? "", body ?? ""),
      );
    default:
      return [call("check", id, ...checkOf(assertion).ask(assertion))];
  }
}

type Listed = Extract<Assertion, { readonly kind: keyof typeof checks }>;

const checkOf = (assertion: Listed) => checks[assertion.kind] as unknown as Check<Listed["kind"]>;
const isListed = (assertion: Assertion): assertion is Listed => Object.hasOwn(checks, assertion.kind);

/** The functions that these kinds bring along, each once. */
export function shellOf(kinds: readonly Kind[]): string {
  return Object.values(checks)
    .filter(({ kind }) => kinds.includes(kind))
    .map(({ shell }) => shell)
    .join("");
}

/** Compares what came back with what was promised. */
export function judge(assertion: Assertion, id: number, answers: ReadonlyMap<string, Answer>): AssertionResult {
  const { says } = assertion;
  if (assertion.kind === "http") {
    const judged = assertion.requests.map((request, index) => judgeHttp(request, answers.get(`${id}.${index}`)));
    return { says, ok: judged.every(({ ok }) => ok), evidence: judged.flatMap(({ evidence }) => evidence) };
  }
  const answer = answers.get(`${id}`) ?? { exitCode: undefined, lines: [] };
  const { exitCode, lines } = answer;
  if (isListed(assertion) && exitCode !== undefined) return { says, ...checkOf(assertion).judge(assertion, answer) };
  if (exitCode !== 0) return { says, ok: false, evidence: [...lines, `ended with ${exitCode ?? "no answer"}`] };
  const prints = assertion.kind === "command" ? assertion.prints : undefined;
  const fits = prints === undefined || new RegExp(prints, "m").test(lines.join("\n"));
  return { says, ok: fits, evidence: fits ? lines : [...lines, `does not print /${prints}/`] };
}

/** What the host says of the body, behind the headers. */
const bodyFits = "(the body fits)";

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
  const { body } = expected;
  if (body !== undefined && lines.at(-1) !== bodyFits) wrong.push(`expected a line of the body: /${body}/`);
  const shown = wanted.map(([name]) => `${name}: ${headers.get(name) ?? "(none)"}`);
  return { ok: wrong.length === 0, evidence: [[`GET ${expected.url} → ${status}`, ...shown, ...wrong].join("; ")] };
}
