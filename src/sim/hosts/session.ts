import type { Clock } from "../../clock.ts";
import type { Secret } from "../../secret.ts";
import type { Shell } from "../../transport/shell.ts";
import { connectSsh } from "../../transport/ssh.ts";
import { fail } from "./errors.ts";

export interface Entrance {
  readonly name: string;
  readonly port: number;
  readonly hostKey: string;
  readonly privateKey: Secret;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** A container's, unless given. */
  readonly patience?: Patience;
}

/** How long a host may take; an emulated one takes its time, and each connection keeps it from getting on. */
export interface Patience {
  readonly bootMs: number;
  readonly connectMs: number;
  readonly pauseMs: number;
}

const usual: Patience = { bootMs: 120_000, connectMs: 10_000, pauseMs: 200 };

/** Logs in as root as soon as that is possible, and `isWanted` says that it is the right machine. @throws `host-did-not-start` */
export async function logIn(entrance: Entrance, isWanted = async (_: Shell) => true): Promise<Shell> {
  const { name, port, hostKey, privateKey, clock, signal } = entrance;
  const { bootMs, connectMs, pauseMs } = entrance.patience ?? usual;
  const until = clock.monotonicMs() + bootMs;
  for (let reason = "it is still the one before"; ; ) {
    try {
      const shell = await connectSsh({
        ...{ host: "127.0.0.1", user: "root", timeoutMs: connectMs },
        ...{ clock, port, hostKey, privateKey },
      });
      if (await isWanted(shell)) return { ...shell, name };
      await shell.close();
    } catch (thrown) {
      reason = (thrown as Error).message;
    }
    if (clock.monotonicMs() > until) throw fail("host-did-not-start", { name, seconds: bootMs / 1000, reason });
    await clock.sleep(pauseMs, signal);
  }
}

const settle = `i=0
while [ $i -lt 300 ]; do
  state=$(systemctl is-system-running 2>/dev/null)
  case $state in running | degraded) exit 0 ;; esac
  i=$((i + 1)); sleep 0.2
done
echo "systemd is $state"; systemctl list-jobs --no-pager; exit 1`;

/** Waits until init has started what it starts at boot. @throws `host-did-not-start` */
export async function settled(shell: Shell, { bootMs }: Pick<Patience, "bootMs"> = usual): Promise<void> {
  const { exitCode, stdout, durationMs } = await shell.run({ script: settle }, { timeoutMs: bootMs });
  if (exitCode === 0) return;
  throw fail("host-did-not-start", { name: shell.name, seconds: Math.round(durationMs / 1000), reason: stdout });
}

/** A shell over the connection that is the current one: it outlives reboots. */
export function currentShell(name: string, current: () => Shell): Shell {
  return { name, run: (command, options) => current().run(command, options), close: async () => current().close() };
}
