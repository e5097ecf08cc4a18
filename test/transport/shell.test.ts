import { execFileSync } from "node:child_process";
import test from "ava";
import { systemClock } from "../../src/clock.ts";
import { ProvisionError } from "../../src/errors.ts";
import { createKeyPair, hostKeyName } from "../../src/transport/keys.ts";
import { createLocalShell } from "../../src/transport/local.ts";
import type { Command, RunOptions, RunResult, Shell } from "../../src/transport/shell.ts";
import { connectSsh } from "../../src/transport/ssh.ts";
import { probeSshBanner } from "../../src/transport/ssh-banner.ts";
import { startTestSshd, type TestSshd } from "./sshd.ts";

const clock = systemClock;
const host = "127.0.0.1";
let sshd: TestSshd;
const shells: Record<string, Shell> = {};

const target = (change: Partial<Parameters<typeof connectSsh>[0]> = {}) => ({
  host,
  port: sshd.port,
  user: "root",
  privateKey: sshd.operator.privateKey,
  hostKey: sshd.hostKey,
  timeoutMs: 15_000,
  clock,
  ...change,
});

test.before(async () => {
  sshd = await startTestSshd();
  shells.local = createLocalShell({ clock });
  shells.ssh = await connectSsh(target());
});

test.after.always(async () => {
  await shells.ssh?.close();
  sshd?.stop();
});

async function* chunks(...texts: string[]) {
  for (const text of texts) yield new TextEncoder().encode(text);
}

const cases: readonly (readonly [string, Command, RunOptions, Partial<RunResult>])[] = [
  ["runs words as they are", { argv: ["printf", "%s|", "$HOME", "a b", "'", ""] }, {}, { stdout: "$HOME|a b|'||" }],
  [
    "tells the exit code",
    { script: "echo out; echo err >&2; exit 7" },
    {},
    { exitCode: 7, stdout: "out\n", stderr: "err\n" },
  ],
  ["tells the signal", { script: "kill -9 $$" }, {}, { exitCode: null, signal: "SIGKILL" }],
  ["has 127 for no such program", { argv: ["/nonexistent/program"] }, {}, { exitCode: 127 }],
  ["feeds text", { argv: ["cat"] }, { stdin: "línea\n" }, { stdout: "línea\n" }],
  ["feeds a stream", { argv: ["wc", "-c"] }, { stdin: chunks("ab", "cd") }, { stdout: "4\n" }],
  ["feeds a script's input", { script: "read x; echo got $x" }, { stdin: "one\n" }, { stdout: "got one\n" }],
  ["gives an empty input", { argv: ["wc", "-c"] }, {}, { stdout: "0\n" }],
  ["survives an input that nobody reads", { argv: ["true"] }, { stdin: "x".repeat(1 << 20) }, { exitCode: 0 }],
  ["sets the environment", { script: 'echo "$A"' }, { environment: { A: "b 'c' $d" } }, { stdout: "b 'c' $d\n" }],
  ["sets the folder", { argv: ["pwd"] }, { cwd: "/usr/share" }, { stdout: "/usr/share\n" }],
  ["carries a long script", { script: `: ${"x".repeat(300_000)}\necho done` }, {}, { stdout: "done\n" }],
];

for (const kind of ["local", "ssh"]) {
  for (const [what, command, options, expected] of cases) {
    // An async iterable is spent by its first reader.
    const fresh = () => (typeof options.stdin === "object" ? { ...options, stdin: chunks("ab", "cd") } : options);
    test(`${kind} ${what}`, async (t) => {
      t.like(await (shells[kind] as Shell).run(command, fresh()), expected);
    });
  }

  test(`${kind} streams lines as they come, and whole characters`, async (t) => {
    const seen: { line: string; atMs: number }[] = [];
    const script = "echo first; sleep 0.4; printf 'h\\303'; sleep 0.2; printf '\\251\\nlast'";
    const onStdoutLine = (line: string) => void seen.push({ line, atMs: clock.monotonicMs() });
    const result = await (shells[kind] as Shell).run({ script }, { onStdoutLine });
    t.deepEqual(
      seen.map(({ line }) => line),
      ["first", "hé", "last"],
    );
    t.true((seen[1]?.atMs ?? 0) - (seen[0]?.atMs ?? 0) > 300);
    t.is(result.stdout, "first\nhé\nlast");
  });

  test(`${kind} stops a command at its deadline`, async (t) => {
    const started = clock.monotonicMs();
    const running = (shells[kind] as Shell).run({ argv: ["sleep", "30"] }, { timeoutMs: 300 });
    const error = await t.throwsAsync(running, { instanceOf: ProvisionError });
    t.is(error?.code, "command-timeout");
    t.true(clock.monotonicMs() - started < 5000);
  });

  test(`${kind} stops when its caller gives up`, async (t) => {
    const running = (shells[kind] as Shell).run({ argv: ["sleep", "30"] }, { signal: AbortSignal.timeout(200) });
    await t.throwsAsync(running, { name: "TimeoutError" });
  });
}

test("local ends the children of what it stops", async (t) => {
  const marker = `31.${process.pid}`;
  const shell = shells.local as Shell;
  await t.throwsAsync(shell.run({ script: `sleep ${marker} & sleep ${marker}` }, { timeoutMs: 300 }));
  await clock.sleep(200);
  const found = await shell.run({ argv: ["pgrep", "-fx", `sleep ${marker}`] });
  t.is(found.stdout, "");
});

test("ssh runs many commands over one connection at once", async (t) => {
  const runs = Array.from({ length: 30 }, (_, index) => (shells.ssh as Shell).run({ argv: ["echo", `${index}`] }));
  t.deepEqual(
    (await Promise.all(runs)).map(({ stdout }) => stdout.trim()),
    Array.from({ length: 30 }, (_, index) => `${index}`),
  );
});

test("a script's text is on no process list", async (t) => {
  const { stdout } = await (shells.ssh as Shell).run({
    script: ": sesame-1\nps -eo args | grep -c '[s]esame-1' || true",
  });
  t.is(stdout.trim(), "0");
});

for (const [what, change, code] of [
  ["another host key is a hard stop", () => ({ hostKey: createKeyPair().publicKey }), "ssh-host-key-changed"],
  ["a key that isn't authorized is refused", () => ({ privateKey: createKeyPair().privateKey }), "ssh-auth-failed"],
  ["a closed port is refused", () => ({ port: 1 }), "ssh-refused"],
] as const) {
  test(what, async (t) => {
    const error = await t.throwsAsync(connectSsh(target(change())), { instanceOf: ProvisionError });
    t.is(error?.code, code);
  });
}

test("the message names both host keys as ssh-keygen -l prints them", async (t) => {
  const other = createKeyPair().publicKey;
  const error = await t.throwsAsync(connectSsh(target({ hostKey: other })));
  t.true(error?.message.includes(hostKeyName(other)), error?.message);
  const shown = execFileSync("ssh-keygen", ["-lf", "-"], { input: sshd.hostKey, encoding: "utf8" });
  t.true(error?.message.includes(shown.split(" ")[1] ?? "?"), error?.message);
});

test("a server that accepts and stays silent is a timeout", async (t) => {
  const { createServer } = await import("node:net");
  const silent = createServer();
  await new Promise<void>((resolve) => silent.listen(0, host, resolve));
  const { port } = silent.address() as { port: number };
  const error = await t.throwsAsync(connectSsh(target({ port, timeoutMs: 300 })), { instanceOf: ProvisionError });
  t.is(error?.code, "ssh-timeout");
  t.is(await probeSshBanner({ host, port, timeoutMs: 300 }), undefined);
  silent.close();
});

test("a connection that breaks under a command says so, and afterwards", async (t) => {
  const own = await startTestSshd();
  const { privateKey } = own.operator;
  const shell = await connectSsh(target({ port: own.port, privateKey, hostKey: own.hostKey }));
  const running = shell.run({ script: "echo up; sleep 30" }, { onStdoutLine: () => own.cut() });
  t.is((await t.throwsAsync(running, { instanceOf: ProvisionError }))?.code, "ssh-lost");
  t.is((await t.throwsAsync(shell.run({ argv: ["true"] }), { instanceOf: ProvisionError }))?.code, "ssh-lost");
});

test("the banner is the server's own", async (t) => {
  t.regex((await probeSshBanner({ host, port: sshd.port, timeoutMs: 5000 })) ?? "", /^SSH-2\.0-OpenSSH_/);
  t.is(await probeSshBanner({ host, port: 1, timeoutMs: 1000 }), undefined);
});

test("ssh-keygen reads our keys and finds the same public half", (t) => {
  for (let round = 0; round < 5; round++) {
    const { privateKey, publicKey } = createKeyPair("c");
    const read = execFileSync("sh", ["-c", 'f=$(mktemp); cat > "$f"; ssh-keygen -y -f "$f"; rm -f "$f"'], {
      input: privateKey.reveal(),
      encoding: "utf8",
    });
    t.is(read.trim().split(" ")[1], publicKey.split(" ")[1]);
  }
});

test("every key that is made can be read back", (t) => {
  for (let round = 0; round < 300; round++) t.regex(createKeyPair().publicKey, /^ssh-ed25519 [\w+/]{68} provision$/);
});
