/** What a role promises of a host, as data; `verify.ts` asks the host. */
export type Assertion = { readonly says: string } & (
  | { readonly kind: "port"; readonly port: number }
  /** Active, with the same MainPID over three seconds. */
  | { readonly kind: "service"; readonly unit: string }
  /** Ends with 0 and prints what fits. */
  | { readonly kind: "command"; readonly argv: readonly string[]; readonly prints?: string }
  /** Requests from the host itself, in order, each with its own expectations. */
  | { readonly kind: "http"; readonly requests: readonly HttpExpectation[] }
);

export interface HttpExpectation {
  /** `http://127.0.0.1:80/path`; plain HTTP. */
  readonly url: string;
  readonly host?: string;
  readonly status: number;
  /** Header name in lower case → regular expression that its value must fit. */
  readonly headers?: Readonly<Record<string, string>>;
}
