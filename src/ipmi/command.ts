/** IPMI 2.0 §5.1, table 5-1: the network functions in use here (requests; a response has one more). */
export const netFns = { chassis: 0x00, app: 0x06 } as const;

/** One command of the specification, both sides of it: the client uses one half, the simulated BMC the other. */
export interface Command<Request, Response> {
  /** As people say it: "chassis control". */
  readonly name: string;
  readonly netFn: number;
  readonly command: number;
  /** True where doing it twice differs from doing it once: then it is never sent again when its answer is lost. */
  readonly once?: (request: Request) => boolean;
  /** What this command's own completion codes (0x80–0xbe) mean. */
  readonly completions?: Readonly<Record<number, string>>;
  readonly encodeRequest: (request: Request) => Uint8Array;
  readonly decodeRequest: (bytes: Uint8Array) => Request;
  /** Without the completion code. */
  readonly encodeResponse: (response: Response) => Uint8Array;
  readonly decodeResponse: (bytes: Uint8Array) => Response;
}

/** For commands that ask or answer nothing. */
export const nothing = {
  encode: (): Uint8Array => new Uint8Array(0),
  decode: (): undefined => undefined,
} as const;
