import { execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { systemClock } from "../../src/clock.ts";
import type { Assertion } from "../../src/converge/assertion.ts";
import type { Answer, Check, Kind } from "../../src/converge/checks/check.ts";
import { checks } from "../../src/converge/checks/list.ts";
import { verify } from "../../src/converge/verify.ts";
import { createLocalShell } from "../../src/transport/local.ts";
import type { Shell } from "../../src/transport/shell.ts";

type Bare = Assertion extends infer One ? (One extends Assertion ? Omit<One, "says"> : never) : never;

const folder = mkdtempSync(join(tmpdir(), "provision-checks-"));
const path = (name: string) => join(folder, name);
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

const local = createLocalShell({ clock: systemClock });
const under = (interpreter: readonly string[]): Shell => ({
  ...local,
  run: (command, options) =>
    local.run({ argv: [...interpreter, "-s"] }, { ...options, stdin: "script" in command ? command.script : "" }),
});
const once = { clock: systemClock, deadlineMs: 0 };
const ask = async (promise: Bare, shell: Shell) =>
  (await verify([{ says: "so it is", ...promise } as Assertion], shell, once))[0];

writeFileSync(path("site.conf"), "# comment\nlisten 80;\n");
chmodSync(path("site.conf"), 0o640);
symlinkSync("/nonexistent", path("dangling"));

function certificate(name: string, days: number): string {
  const names = "subjectAltName=DNS:www.example.org,DNS:*.static.example.org,IP:192.0.2.7";
  const argv = [
    "req",
    "-x509",
    "-newkey",
    "ed25519",
    "-nodes",
    "-days",
    String(days),
    "-subj",
    "/CN=x",
    "-addext",
    names,
  ];
  execFileSync("openssl", [...argv, "-keyout", path(`${name}.key`), "-out", path(name)], { stdio: "ignore" });
  return path(name);
}
const pem = certificate("good.pem", 30);

/** What is promised, whether it is so, and part of what is said about it; on this machine's real file system and tools. */
const real: readonly (readonly [string, Bare, boolean, RegExp])[] = [
  ["a file that is there", { kind: "file", path: path("site.conf") }, true, /site\.conf: 640 root root regular file/],
  ["its mode", { kind: "file", path: path("site.conf"), mode: "0640" }, true, /640/],
  ["another mode", { kind: "file", path: path("site.conf"), mode: "0644" }, false, /expected mode 0644/],
  ["another owner", { kind: "file", path: path("site.conf"), owner: "nobody" }, false, /expected owner nobody/],
  ["a line of it", { kind: "file", path: path("site.conf"), contains: "^listen +[0-9]+;$" }, true, /site/],
  ["a line that it lacks", { kind: "file", path: path("site.conf"), contains: "^listen 8080" }, false, /no line of it/],
  ["a pattern like an option", { kind: "file", path: path("site.conf"), contains: "-r" }, false, /no line of it/],
  ["a file that is gone", { kind: "file", path: path("gone") }, false, /gone: absent.*expected it to be there/s],
  ["a link to nowhere", { kind: "file", path: path("dangling") }, false, /link to nowhere/],
  ["absence", { kind: "file", path: path("gone"), exists: false }, true, /absent/],
  ["absence of what is there", { kind: "file", path: path("site.conf"), exists: false }, false, /to be absent/],
  ["a mount", { kind: "mount", path: "/proc", fstype: "proc", options: ["rw"] }, true, /on \/proc type proc/],
  ["a mount of another type", { kind: "mount", path: "/proc", fstype: "xfs" }, false, /expected type xfs/],
  ["an option that is missing", { kind: "mount", path: "/proc", options: ["ro"] }, false, /expected option ro/],
  ["a folder that is no mount", { kind: "mount", path: folder }, false, /nothing is mounted/],
  [
    "a certificate",
    { kind: "certificate", of: { path: pem }, daysLeft: 29, names: ["www.example.org"] },
    true,
    /, (29|30) days/,
  ],
  [
    "one that ends too soon",
    { kind: "certificate", of: { path: pem }, daysLeft: 40 },
    false,
    /expected at least 40 days/,
  ],
  [
    "a star's name",
    { kind: "certificate", of: { path: pem }, daysLeft: 0, names: ["a.static.example.org"] },
    true,
    /./,
  ],
  [
    "two labels under a star",
    { kind: "certificate", of: { path: pem }, daysLeft: 0, names: ["a.b.static.example.org"] },
    false,
    /be for a\.b\./,
  ],
  [
    "the star's own domain",
    { kind: "certificate", of: { path: pem }, daysLeft: 0, names: ["static.example.org"] },
    false,
    /be for static/,
  ],
  ["an address", { kind: "certificate", of: { path: pem }, daysLeft: 0, names: ["192.0.2.7"] }, true, /192\.0\.2\.7/],
  ["no certificate", { kind: "certificate", of: { path: path("site.conf") }, daysLeft: 0 }, false, /site\.conf: /],
  [
    "a server that isn't there",
    { kind: "certificate", of: { server: "127.0.0.1:1" }, daysLeft: 0 },
    false,
    /127\.0\.0\.1:1/,
  ],
  ["a database without a client", { kind: "mariadb", query: "select 1", prints: "^1$" }, false, /select 1: /],
  ["a volume without gluster", { kind: "gluster", volume: "v1", bricks: 2 }, false, /v1: /],
];

for (const interpreter of [["dash"], ["busybox", "sh"]]) {
  for (const [says, promise, ok, part] of real) {
    test(`${interpreter.join(" ")}: ${promise.kind}, ${says}`, async (t) => {
      const result = await ask(promise, under(interpreter));
      t.is(result?.ok, ok, result?.evidence.join("\n"));
      t.regex(result?.evidence.join("\n") ?? "", part);
    });
  }
}

test("a server's certificate is judged by the name that it is asked for", async (t) => {
  const port = String(30_000 + (process.pid % 20_000));
  const argv = ["s_server", "-accept", `127.0.0.1:${port}`, "-cert", pem, "-key", path("good.pem.key"), "-quiet"];
  const server = spawn("openssl", argv, { stdio: "ignore" });
  t.teardown(() => server.kill());
  const of = { server: `127.0.0.1:${port}`, name: "www.example.org" };
  const promise = { kind: "certificate", says: "it is ours", of, daysLeft: 20, names: ["www.example.org"] } as const;
  const [result] = await verify([promise], local, { clock: systemClock, deadlineMs: 10_000 });
  t.true(result?.ok, result?.evidence.join("\n"));
});

for (const [says, body, tools, ok] of [
  ["a body that fits", "^page [0-9]+$", "", true],
  ["a body that doesn't", "^error", "", false],
  ["a body that fits, asked by bash", "^page [0-9]+$", "bash", true],
] as const) {
  test(`http, ${says}`, async (t) => {
    const server = createServer((_, response) => response.end("<html>\npage 7\n</html>\n"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    t.teardown(() => server.close());
    const url = `http://127.0.0.1:${(server.address() as { port: number }).port}/`;
    const run: Shell["run"] = (command, options) =>
      local.run(
        {
          script: `${tools ? 'command() { [ "$2" != curl ] && [ -n "$2" ]; }\n' : ""}${"script" in command ? command.script : ""}`,
        },
        options,
      );
    const result = await ask({ kind: "http", requests: [{ url, status: 200, body }] }, { ...local, run });
    t.is(result?.ok, ok, result?.evidence.join("\n"));
    t.regex(result?.evidence.join("\n") ?? "", ok ? /→ 200$/ : /expected a line of the body: \/\^error\//);
  });
}

/**
 * What the host's part of the check printed in containers of Debian 12 with glusterfs 10.3 and MariaDB: a replica of two bricks that is
 * whole, and volumes that aren't there. The lines of a dead brick are written by hand in the form of the whole one's; a brick that was
 * really killed is seen in test/stories/verify.test.ts.
 */
const whole = [
  "Status: Started",
  "brick glrec:/b1     ",
  "online Y               ",
  "brick glrec:/b2     ",
  "online Y               ",
  "heal glrec:/b1",
  "entries 0",
  "heal glrec:/b2",
  "entries 0",
];
const killed = [
  "Status: Started",
  "brick glrec:/b1     ",
  "online Y               ",
  "brick glrec:/b2     ",
  "online N               ",
  "heal glrec:/b1",
  "entries 1",
  "heal glrec:/b2",
  "entries -",
];
const volume = { says: "", kind: "gluster", volume: "v1", bricks: 2 } as const;
const query = { says: "", kind: "mariadb", query: "select 1", prints: "^1$" } as const;

const judged: readonly (readonly [string, Assertion, readonly string[], number, boolean, RegExp])[] = [
  ["a whole volume", volume, whole, 0, true, /^v1: Started, 2 of 2 bricks online$/],
  [
    "a dead brick",
    volume,
    killed,
    0,
    false,
    /1 of 2 bricks.*\/b2 is offline.*\/b1 has 1 entries.*what glrec:\/b2 has to heal isn't known/s,
  ],
  ["fewer bricks than promised", { ...volume, bricks: 3 }, whole, 0, false, /expected 3 bricks/],
  [
    "heal that didn't answer",
    volume,
    [...whole.slice(0, 5), "Volume heal failed."],
    0,
    false,
    /b1 has to heal isn't known.*Volume heal failed/s,
  ],
  ["a stopped volume", volume, ["Status: Stopped"], 0, false, /expected it to be started/],
  ["no such volume", volume, ["Volume v1 does not exist"], 254, false, /^v1: Volume v1 does not exist$/],
  [
    "a daemon that is down",
    volume,
    ["Connection failed. Please check if gluster daemon is operational."],
    1,
    false,
    /Connection failed/,
  ],
  ["an answer", query, ["1"], 0, true, /^select 1 → 1$/],
  ["another answer", query, ["2"], 0, false, /does not answer/],
  [
    "a refused query",
    query,
    ["ERROR 1054 (42S22) at line 1: Unknown column 'nosuch' in 'SELECT'"],
    1,
    false,
    /ERROR 1054/,
  ],
];

for (const [says, assertion, lines, exitCode, ok, part] of judged) {
  test(`${assertion.kind}, ${says}`, (t) => {
    const check = checks[assertion.kind as keyof typeof checks] as unknown as Check<Kind>;
    const answer: Answer = { exitCode, lines };
    const { ok: found, evidence } = check.judge(assertion, answer);
    t.is(found, ok, evidence.join("\n"));
    t.regex(evidence.join("\n"), part);
  });
}
