import type { Shell } from "../../transport/shell.ts";

/** A machine to try roles on, whatever it is made of: a real init, an sshd, no way out. */
export interface TestHost {
  readonly name: string;
  /** In its own network; nobody but its neighbours and its site is there. */
  readonly address: string;
  /** As root; works again after {@link TestHost.reboot}. Closed by `stop`. */
  readonly shell: Shell;
  /** Another connection, which its caller closes. */
  connect(): Promise<Shell>;
  /** Resolves when it is up again. */
  reboot(): Promise<void>;
  /** Ends it at once and leaves nothing of it; idempotent. */
  stop(): Promise<void>;
}

/** What a host runs: the distribution and its archives, as this machine's own apt has them. */
export interface HostSystem {
  readonly family: "debian" | "ubuntu";
  /** `bookworm`, `noble` */
  readonly codename: string;
  readonly archives: readonly HostArchive[];
}

export interface HostArchive {
  /** Under /packages/ of the site: `debian-security`. */
  readonly name: string;
  readonly upstream: string;
  readonly suite: string;
  readonly components: readonly string[];
}

/** The network of a lab (RFC 5737 §3): its site, which offers packages and a page, and its hosts in order. */
export const labNetwork = {
  site: "192.0.2.1",
  prefixLength: 24,
  packagesPort: 8077,
  backendPort: 8080,
  hostAddress: (index: number) => `192.0.2.${11 + index}`,
  mostHosts: 16,
} as const;

/** Where a host of a lab finds an archive. */
export const archiveUrl = ({ name }: Pick<HostArchive, "name">) =>
  `http://${labNetwork.site}:${labNetwork.packagesPort}/packages/${name}`;
