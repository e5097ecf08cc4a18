/** What a role promises of a host, as data; `verify.ts` asks the host. */
export type Assertion = { readonly says: string } & (
  | { readonly kind: "port"; readonly port: number }
  /** Active, with the same MainPID over three seconds. */
  | { readonly kind: "service"; readonly unit: string }
  /** Ends with 0 and prints what fits. */
  | { readonly kind: "command"; readonly argv: readonly string[]; readonly prints?: string }
  /** Requests from the host itself, in order, each with its own expectations. */
  | { readonly kind: "http"; readonly requests: readonly HttpExpectation[] }
  | FileAssertion
  | MountAssertion
  /** The server answers a query with what fits; asked as root over its own socket. */
  | { readonly kind: "mariadb"; readonly query: string; readonly prints: string; readonly database?: string }
  /** Started, with so many bricks, all online and with nothing to heal. */
  | { readonly kind: "gluster"; readonly volume: string; readonly bricks: number }
  | CertificateAssertion
);

interface FileAssertion {
  readonly kind: "file";
  readonly path: string;
  /** `false`: nothing of that name. */
  readonly exists?: boolean;
  /** Four octal digits. */
  readonly mode?: string;
  readonly owner?: string;
  readonly group?: string;
  /** POSIX extended regular expression that one of its lines fits. */
  readonly contains?: string;
}

interface MountAssertion {
  readonly kind: "mount";
  readonly path: string;
  /** As the kernel calls it: `xfs`, `fuse.glusterfs`. */
  readonly fstype?: string;
  readonly device?: string;
  /** Each of them, as /proc/self/mounts has it: `noatime`. */
  readonly options?: readonly string[];
}

interface CertificateAssertion {
  readonly kind: "certificate";
  /** A PEM file, or what a server shows: `{ server: "127.0.0.1:443", name: "www.example.org" }`. */
  readonly of: { readonly path: string } | { readonly server: string; readonly name?: string };
  /** At least, by the host's own clock. */
  readonly daysLeft: number;
  /** DNS names and addresses, each of which it is for. */
  readonly names?: readonly string[];
}

export interface HttpExpectation {
  /** `http://127.0.0.1:80/path`; plain HTTP. */
  readonly url: string;
  readonly host?: string;
  readonly status: number;
  /** Header name in lower case → regular expression that its value must fit. */
  readonly headers?: Readonly<Record<string, string>>;
  /** POSIX extended regular expression that a line of the body fits. */
  readonly body?: string;
}
