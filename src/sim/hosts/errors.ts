import { type ErrorTable, failer } from "../../errors.ts";

const tail = (output: string) => output.trim().split("\n").slice(-6).join("\n  ");

export const errors = {
  "hosts-command-failed": {
    sentence: (d: { doing: string; output: string }) =>
      `A test host could not be made: ${d.doing}:\n  ${tail(d.output)}`,
    hint: () =>
      "Test hosts need root on a machine of its own (or a privileged container): overlayfs, bridges, network namespaces, cgroup v2. See docs/ci.md",
    fault: "environment",
    retry: true,
  },
  "hosts-no-cgroup2": {
    sentence: () =>
      "This machine has no unified cgroup hierarchy that can be written to, so no init can run in a container",
    hint: () => "Use a machine with cgroup v2 (Debian 11, Ubuntu 20.04 or newer); a CI container must be privileged",
    fault: "environment",
    retry: false,
  },
  "hosts-unsupported-system": {
    sentence: (d: { system: string }) =>
      `Test hosts are made of the packages of this machine's own apt, and this is ${d.system}`,
    hint: () => "Run it on Debian or Ubuntu",
    fault: "environment",
    retry: false,
  },
  "hosts-no-archive": {
    sentence: (d: { system: string; codename: string }) =>
      `Test hosts are made from the archives of this machine's own apt, and it knows none of ${d.system} (${d.codename})`,
    hint: () => "Look at what apt-get update says, and at /etc/apt/sources.list and sources.list.d",
    fault: "environment",
    retry: true,
  },
  "host-did-not-start": {
    sentence: (d: { name: string; seconds: number; reason: string }) =>
      `Test host ${d.name} was not up within ${d.seconds} s: ${d.reason}`,
    hint: () => "A loaded machine may be too slow: run it again alone. With --keep the host stays, to be looked at",
    fault: "environment",
    retry: true,
  },
} satisfies ErrorTable;

export const fail = failer(errors);
