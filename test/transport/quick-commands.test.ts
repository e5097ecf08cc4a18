import test from "ava";
import { systemClock as clock } from "../../src/clock.ts";
import { connectSsh } from "../../src/transport/ssh.ts";
import { startTestSshd } from "./sshd.ts";

const blockMs = 400;

test("a quick command's exit code isn't missed when its whole conversation arrives at once", async (t) => {
  const sshd = await startTestSshd();
  t.teardown(() => sshd.stop());
  const { privateKey } = sshd.operator;
  const target = { host: "127.0.0.1", port: sshd.port, user: "root", privateKey, hostKey: sshd.hostKey, clock };
  const shell = await connectSsh({ ...target, timeoutMs: 10_000 });
  // The event loop is held up, so that all of an answer lies in the socket before any of it is read.
  const busy = setInterval(() => {
    const end = clock.monotonicMs() + blockMs;
    while (clock.monotonicMs() < end);
  }, 1);
  const runs = await Promise.allSettled(Array.from({ length: 12 }, () => shell.run({ argv: ["true"] })));
  clearInterval(busy);
  t.deepEqual(
    runs.map((run) => (run.status === "fulfilled" ? run.value.exitCode : String(run.reason))),
    runs.map(() => 0),
  );
  await shell.close();
});
