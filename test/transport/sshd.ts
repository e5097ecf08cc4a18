import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../src/clock.ts";
import { createKeyPair, type KeyPair } from "../../src/transport/keys.ts";
import { probeSshBanner } from "../../src/transport/ssh-banner.ts";

export interface TestSshd {
  readonly port: number;
  readonly hostKey: string;
  readonly operator: KeyPair;
  /** Connections that are up. */
  connections(): number;
  /** Ends the listener; connections that are up live on. */
  stop(): void;
  /** Ends the listener and everybody's connection, as a power cut would. */
  cut(): void;
}

const program = "/usr/sbin/sshd";
const timeoutMs = 10_000;

/** A private OpenSSH server on loopback: own port, own host key, an authorized key. Needs root and openssh-server. */
export async function startTestSshd({ operator = createKeyPair("test"), settings = "" } = {}): Promise<TestSshd> {
  if (!existsSync(program)) throw new Error(`${program} is missing: apt-get install openssh-server`);
  mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  const folder = mkdtempSync(join(tmpdir(), "provision-sshd-"));
  const hostKeyFile = join(folder, "host_key");
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", hostKeyFile]);
  writeFileSync(join(folder, "authorized_keys"), `${operator.publicKey}\n`, { mode: 0o600 });
  const port = await freePort();
  writeFileSync(join(folder, "sshd_config"), `${settings}\n${config(folder, hostKeyFile, port)}`);
  const child = spawn(program, ["-D", "-e", "-f", join(folder, "sshd_config")], { stdio: "ignore", detached: true });
  await waitForBanner(port);
  const clean = () => rmSync(folder, { recursive: true, force: true });
  return {
    port,
    hostKey: readFileSync(`${hostKeyFile}.pub`, "utf8").trim(),
    operator,
    connections: () => sessionsOf(child).length,
    stop: () => {
      child.kill("SIGTERM");
      clean();
    },
    cut: () => {
      cutSessions(child);
      clean();
    },
  };
}

const config = (folder: string, hostKeyFile: string, port: number) =>
  `Port ${port}
ListenAddress 127.0.0.1
HostKey ${hostKeyFile}
AuthorizedKeysFile ${join(folder, "authorized_keys")}
PidFile none
PermitRootLogin prohibit-password
PasswordAuthentication no
UsePAM no
StrictModes no
`;

function cutSessions(child: ChildProcess): void {
  const sessions = sessionsOf(child);
  child.kill("SIGKILL");
  for (const pid of sessions) process.kill(pid, "SIGKILL");
}

const sessionsOf = ({ pid }: ChildProcess) =>
  (readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").match(/\d+/g) ?? []).map(Number);

async function freePort(): Promise<number> {
  const { createServer } = await import("node:net");
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

async function waitForBanner(port: number): Promise<void> {
  const deadline = systemClock.monotonicMs() + timeoutMs;
  while ((await probeSshBanner({ host: "127.0.0.1", port, timeoutMs })) === undefined) {
    if (systemClock.monotonicMs() > deadline) throw new Error("the test's sshd did not start");
    await systemClock.sleep(50);
  }
}
