import { type ErrorTable, failer } from "../errors.ts";

interface Target {
  readonly target: string;
}

export const errors = {
  "command-timeout": {
    sentence: ({ name, timeoutMs }: { name: string; timeoutMs: number }) =>
      `a command on ${name} did not end within ${timeoutMs} ms and was stopped`,
    hint: () => "Look at what it waits for on that machine; then run again.",
    fault: "machine",
    retry: true,
  },
  "container-missing": {
    sentence: ({ container, output }: { container: string; output: string }) =>
      `there is no running container ${container} here${output ? `: ${output}` : ""}`,
    hint: () => "Start it; `machinectl list`, `docker ps` and `podman ps` show those that run.",
    fault: "environment",
    retry: true,
  },
  "ssh-refused": {
    sentence: ({ target, reason }: Target & { reason: string }) => `SSH to ${target} was refused: ${reason}`,
    hint: ({ target }: Target) => `Check that sshd runs on ${target} and that its address and port are right.`,
    fault: "machine",
    retry: true,
  },
  "ssh-timeout": {
    sentence: ({ target, timeoutMs }: Target & { timeoutMs: number }) =>
      `SSH to ${target} did not come up within ${timeoutMs} ms`,
    hint: () =>
      "Check that the machine is up and that TCP port 22 is open from here; a slow machine needs a longer wait.",
    fault: "machine",
    retry: true,
  },
  "ssh-auth-failed": {
    sentence: ({ target }: Target) => `${target} does not accept the controller's SSH key`,
    hint: ({ target }: Target) =>
      `Put the controller's public key into authorized_keys of that account on ${target}, or install the node again.`,
    fault: "environment",
    retry: false,
  },
  "ssh-host-key-changed": {
    sentence: ({ target, expected, seen }: Target & { expected: string; seen: string }) =>
      `${target} shows another host key: expected ${expected}, seen ${seen}`,
    hint: () =>
      "Either another machine answers at this address or the node was installed without the controller: find out which before anything else. Nothing was sent to it.",
    fault: "environment",
    retry: false,
  },
  "ssh-jump-refused": {
    sentence: ({ from, host, port, reason }: { from: string; host: string; port: number; reason: string }) =>
      `${from} does not lead on to ${host}:${port}: ${reason}`,
    hint: ({ from }: { from: string }) =>
      `Check that the machine is up and reachable from ${from}, and that AllowTcpForwarding (sshd_config(5)) is on there.`,
    fault: "environment",
    retry: true,
  },
  "ssh-busy": {
    sentence: ({ target, reason }: Target & { reason: string }) =>
      `${target} opens no further channel on the SSH connection: ${reason}`,
    hint: () => "Commands of an earlier run may still be running there; look at them, then run again.",
    fault: "machine",
    retry: true,
  },
  "ssh-lost": {
    sentence: ({ target, reason }: Target & { reason: string }) =>
      `the SSH connection to ${target} was lost: ${reason}`,
    hint: () =>
      "The machine may have rebooted or lost its network. What was running there may have finished: run again.",
    fault: "machine",
    retry: true,
  },
} satisfies ErrorTable;

export const fail = failer(errors);
