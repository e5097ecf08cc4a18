import { type ErrorTable, failer } from "../errors.ts";

interface Door {
  readonly interface: string;
  readonly port: number;
}

/** Everything that can stop the DHCP server from starting; once it runs, a bad packet is silence, never an error. */
export const errors = {
  "dhcp-port-busy": {
    sentence: ({ interface: name, port }: Door) => `UDP port ${port} on ${name} is taken by another program`,
    hint: ({ port }: Door) => `See which one with: ss -ulpn 'sport = :${port}' ; stop it, or serve another interface.`,
    fault: "environment",
    retry: true,
  },
  "dhcp-interface-missing": {
    sentence: ({ interface: name }: Door) => `There is no network interface named ${name}`,
    hint: () => "See the names with: ip -br link ; then correct the network's interface in site.yaml.",
    fault: "input",
    retry: true,
  },
  "dhcp-no-privilege": {
    sentence: ({ interface: name, port }: Door) => `Not allowed to open UDP port ${port} on ${name}`,
    hint: () => "Run as root, or grant CAP_NET_BIND_SERVICE, CAP_NET_RAW and CAP_NET_ADMIN.",
    fault: "environment",
    retry: false,
  },
  "dhcp-socket-failed": {
    sentence: ({ interface: name, port, call, errno }: Door & { call: string; errno: string }) =>
      `Opening UDP port ${port} on ${name} failed: ${call}: ${errno}`,
    hint: () => "Run again with --debug; the system call and its error number are named above.",
    fault: "environment",
    retry: true,
  },
} satisfies ErrorTable;

export const fail = failer(errors);
