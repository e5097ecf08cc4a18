import type { TftpOptions } from "./packet.ts";

/** What both sides agreed on for one transfer. */
export interface Terms {
  readonly blockSizeBytes: number;
  /** DATA packets sent before an ACK is awaited (RFC 7440). */
  readonly windowBlocks: number;
  /** Time before a resend, if the client set it (RFC 2349); else it is measured. */
  readonly timeoutMs: number | undefined;
  /** What the OACK says: only what was asked for and granted. Empty: no OACK at all. */
  readonly accepted: TftpOptions;
}

/** An Ethernet frame's 1500 bytes less the IP, UDP and TFTP headers: a larger block would be sent in fragments. */
const largestBlockBytes = 1468;
/** Keeps a window below what a socket buffers by default, and block numbers free of doubt. */
const largestWindowBlocks = 64;

type Grant = (asked: number, sizeBytes: number | undefined) => number | undefined;

const within = (low: number, asked: number, high: number) => asked >= low && asked <= high;

/** An option that isn't here, or whose value makes no sense, is passed over in silence (RFC 2347 §3). */
const grants: Readonly<Record<string, Grant>> = {
  /** RFC 2348: at most what was asked. */
  blksize: (asked) => (within(8, asked, 65464) ? Math.min(asked, largestBlockBytes) : undefined),
  /** RFC 7440 §3: at most what was asked. */
  windowsize: (asked) => (within(1, asked, 65535) ? Math.min(asked, largestWindowBlocks) : undefined),
  /** RFC 2349: exactly what was asked, in seconds. */
  timeout: (asked) => (within(1, asked, 255) ? asked : undefined),
  /** RFC 2349: the client asks with 0, the answer is the size in bytes. */
  tsize: (_asked, sizeBytes) => sizeBytes,
};

/** Decides on the options of a read request; `sizeBytes` is the file's size, unknown if it is converted on its way. */
export function agree(options: TftpOptions, sizeBytes: number | undefined): Terms {
  const granted = new Map<string, number>();
  const accepted: [string, string][] = [];
  for (const [name, text] of options) {
    const key = name.toLowerCase();
    const grant = Object.hasOwn(grants, key) && !granted.has(key) ? grants[key] : undefined;
    const value = /^\d{1,10}$/.test(text) ? grant?.(Number(text), sizeBytes) : undefined;
    if (value === undefined) continue;
    granted.set(key, value);
    accepted.push([name, String(value)]);
  }
  const seconds = granted.get("timeout");
  return {
    blockSizeBytes: granted.get("blksize") ?? 512,
    windowBlocks: granted.get("windowsize") ?? 1,
    timeoutMs: seconds === undefined ? undefined : seconds * 1000,
    accepted,
  };
}
