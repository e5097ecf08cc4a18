import { createServer } from "node:http";
import test from "ava";
import { createFakeClock, systemClock } from "../../src/clock.ts";
import type { Assertion } from "../../src/converge/assertion.ts";
import { assertVerified, verify } from "../../src/converge/verify.ts";
import { verifyShell } from "../../src/converge/verify-shell.ts";
import { ProvisionError } from "../../src/errors.ts";
import { createLocalShell } from "../../src/transport/local.ts";
import { createRecordedShell } from "../../src/transport/recorded.ts";

let cached = 0;
const server = createServer((request, response) => {
  if (request.url === "/cached") cached++;
  response.setHeader("X-Cache", cached > 1 ? "HIT" : "MISS");
  response.setHeader("X-Host", request.headers.host ?? "");
  response.statusCode = request.url === "/other" ? 404 : 200;
  response.end("page\n");
});
let port = 0;
const shell = createLocalShell({ clock: systemClock });

test.before(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as { port: number }).port;
});
test.after.always(() => void server.close());

const once = { clock: systemClock, deadlineMs: 0 };
const says = "it works";

test("two requests prove a MISS and then a HIT, with their evidence", async (t) => {
  const url = `http://127.0.0.1:${port}/cached`;
  const request = (cache: string) => ({
    url,
    host: "www.example.org",
    status: 200,
    headers: { "x-cache": `^${cache}$`, "x-host": "^www" },
  });
  const [result] = await verify([{ kind: "http", says, requests: [request("MISS"), request("HIT")] }], shell, once);
  t.true(result?.ok, result?.evidence.join("\n"));
  t.deepEqual(result?.evidence, [
    `GET ${url} → 200; x-cache: MISS; x-host: www.example.org`,
    `GET ${url} → 200; x-cache: HIT; x-host: www.example.org`,
  ]);
});

test("without curl, bash asks", async (t) => {
  const script = `${verifyShell}\ncommand() { [ "$2" != curl ] && [ -x /bin/bash ]; }\nfetch_head http://127.0.0.1:${port}/page www.example.org`;
  const { stdout } = await shell.run({ script });
  t.regex(stdout, /^HTTP\/1\.1 200 OK/);
  t.regex(stdout, /X-Host: www\.example\.org/);
});

for (const [what, assertion, evidence] of [
  [
    "another status",
    () => ({ kind: "http", says, requests: [{ url: `http://127.0.0.1:${port}/other`, status: 200 }] }),
    /→ 404; expected status 200/,
  ],
  [
    "no answer",
    () => ({ kind: "http", says, requests: [{ url: "http://127.0.0.1:1/", status: 200 }] }),
    /refused|connect/i,
  ],
  [
    "a header that doesn't fit",
    () => ({
      kind: "http",
      says,
      requests: [{ url: `http://127.0.0.1:${port}/page`, status: 200, headers: { age: "^\\d+$" } }],
    }),
    /age: \(none\); expected age/,
  ],
  ["a closed port", () => ({ kind: "port", says, port: 1 }), /nothing listens on port 1/],
  [
    "a command that fails",
    () => ({ kind: "command", says, argv: ["sh", "-c", "echo no; exit 3"] }),
    /no\nended with 3/,
  ],
  [
    "a command that prints something else",
    () => ({ kind: "command", says, argv: ["echo", "sick"], prints: "healthy" }),
    /sick\ndoes not print \/healthy\//,
  ],
] as const) {
  test(`${what} is not proof`, async (t) => {
    const results = await verify([assertion() as Assertion], shell, once);
    t.false(results[0]?.ok);
    t.regex(results[0]?.evidence.join("\n") ?? "", evidence);
    const error = t.throws(() => assertVerified(results, "web01"), { instanceOf: ProvisionError });
    t.is(error?.code, "verify-failed");
  });
}

test("an open port and a good command are", async (t) => {
  const promises: Assertion[] = [
    { kind: "port", says, port },
    { kind: "command", says, argv: ["echo", "it's $HOME"], prints: "^it's \\$HOME$" },
  ];
  const results = await verify(promises, shell, once);
  t.deepEqual(
    results.map(({ ok }) => ok),
    [true, true],
    JSON.stringify(results),
  );
  t.notThrows(() => assertVerified(results, "web01"));
});

test("only what hasn't been true yet is asked again, until the deadline", async (t) => {
  const clock = createFakeClock();
  let round = 0;
  const host = createRecordedShell([
    { when: "check", answer: () => ({ stdout: round++ < 2 ? "@e 0 up\n@v 0 0\n@e 1 wait\n@v 1 1\n" : "@v 1 0\n" }) },
  ]);
  const promises: Assertion[] = [0, 1].map((index) => ({ kind: "command", says: `${index}`, argv: [`run-${index}`] }));
  const running = verify(promises, host, { clock, deadlineMs: 60_000 });
  for (let step = 0; step < 20; step++) await clock.advance(1000);
  t.deepEqual(
    (await running).map(({ ok }) => ok),
    [true, true],
  );
  t.deepEqual(
    host.asked.map((script) => [script.includes("run-0"), script.includes("run-1")]),
    [
      [true, true],
      [false, true],
      [false, true],
    ],
  );
});

test("what never comes true ends at the deadline", async (t) => {
  const clock = createFakeClock();
  const host = createRecordedShell([{ when: "check", answer: { stdout: "@e 0 inactive\n@v 0 1\n" } }]);
  const running = verify([{ kind: "service", says, unit: "v.service" }], host, { clock, deadlineMs: 5000 });
  for (let step = 0; step < 12; step++) await clock.advance(1000);
  t.deepEqual(await running, [{ says, ok: false, evidence: ["inactive", "ended with 1"] }]);
  t.true(host.asked.length >= 5 && host.asked.length <= 6, `${host.asked.length} rounds in 5 s`);
});
