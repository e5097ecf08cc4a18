import test from "ava";
import { systemClock } from "../../src/clock.ts";
import { ProvisionError } from "../../src/errors.ts";
import { createKeyPair } from "../../src/transport/keys.ts";
import { connectSsh, type SshTarget } from "../../src/transport/ssh.ts";
import { probeSshBanner } from "../../src/transport/ssh-banner.ts";
import type { SshHop } from "../../src/transport/ssh-client.ts";
import { startTestSshd, type TestSshd } from "./sshd.ts";

const operator = createKeyPair("test");
const host = "127.0.0.1";
const servers: Record<"gate" | "inner" | "node" | "closed", TestSshd> = {} as never;

test.before(async () => {
  for (const name of ["gate", "inner", "node"] as const) servers[name] = await startTestSshd({ operator });
  servers.closed = await startTestSshd({ operator, settings: "AllowTcpForwarding no" });
});

test.after.always(() => {
  for (const server of Object.values(servers)) server.stop();
});

const hop = (name: keyof typeof servers, change: Partial<SshHop> = {}): SshHop => {
  const { port, hostKey } = servers[name];
  return { host, port, hostKey, user: "root", ...change };
};
const target = (jump: readonly SshHop[], change: Partial<SshHop> = {}): SshTarget => ({
  ...{ ...hop("node", change), jump, privateKey: operator.privateKey, timeoutMs: 15_000, clock: systemClock },
});
const connections = () => Object.values(servers).map((server) => server.connections());

for (const [way, names] of [
  ["one hop", ["gate"]],
  ["two hops", ["gate", "inner"]],
] as const) {
  test.serial(`a node behind ${way} is reached, works as any other, and leaves no connection behind`, async (t) => {
    const shell = await connectSsh(target(names.map((name) => hop(name))));
    const { stdout } = await shell.run({ script: "echo $SSH_CONNECTION; cat" }, { stdin: "x".repeat(200_000) });
    t.regex(stdout, new RegExp(`^127\\.0\\.0\\.1 \\d+ 127\\.0\\.0\\.1 ${servers.node.port}\\nx{200000}$`));
    t.is(
      connections().reduce((sum, count) => sum + count, 0),
      names.length + 1,
    );
    await shell.close();
    await settled(t);
  });
}

async function settled(t: { deepEqual(one: unknown, other: unknown): unknown }): Promise<void> {
  for (let left = 50; left > 0 && connections().some((count) => count > 0); left--) await systemClock.sleep(100);
  t.deepEqual(connections(), [0, 0, 0, 0]);
}

for (const [what, make, code, names] of [
  ["a hop with another host key is a hard stop", () => target([hop("gate", pinned())]), "ssh-host-key-changed", "gate"],
  [
    "a second hop with another host key is named",
    () => target([hop("gate"), hop("inner", pinned())]),
    "ssh-host-key-changed",
    "inner",
  ],
  [
    "a node with another host key behind a good hop",
    () => target([hop("gate")], pinned()),
    "ssh-host-key-changed",
    "node",
  ],
  ["a hop that may not forward is named", () => target([hop("closed")]), "ssh-jump-refused", "closed"],
  ["a closed port behind a hop", () => target([hop("gate")], { port: 1 }), "ssh-jump-refused", "gate"],
  ["a hop that isn't there", () => target([hop("gate", { port: 1 })]), "ssh-refused", undefined],
] as const) {
  test.serial(what, async (t) => {
    const error = await t.throwsAsync(connectSsh(make()), { instanceOf: ProvisionError });
    t.is(error?.code, code);
    if (names) t.true(error?.message.includes(`root@${host}:${servers[names].port}`), error?.message);
    await settled(t);
  });
}

const pinned = () => ({ hostKey: createKeyPair().publicKey });

test.serial("a hop that dies takes the node's connection with it, and says so", async (t) => {
  const gate = await startTestSshd({ operator });
  const shell = await connectSsh(target([hop("gate", { port: gate.port, hostKey: gate.hostKey })]));
  const running = shell.run({ script: "echo up; sleep 30" }, { onStdoutLine: () => gate.cut() });
  t.is((await t.throwsAsync(running, { instanceOf: ProvisionError }))?.code, "ssh-lost");
});

test.serial("the banner of a node behind a hop is the node's own; nobody there is no answer", async (t) => {
  const ask = { host, timeoutMs: 5000, jump: [hop("gate")], privateKey: operator.privateKey };
  t.regex((await probeSshBanner({ ...ask, port: servers.node.port })) ?? "", /^SSH-2\.0-OpenSSH_/);
  t.is(await probeSshBanner({ ...ask, port: 1 }), undefined);
  const lost = probeSshBanner({ ...ask, port: servers.node.port, jump: [hop("gate", { port: 1 })] });
  t.is((await t.throwsAsync(lost, { instanceOf: ProvisionError }))?.code, "ssh-refused");
});
