import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** What a machine wrote to its serial port. */
export interface SerialText {
  readonly bytes: Buffer;
  /** Where to go on reading. */
  readonly end: number;
}

/** Everything from `start` on, at most `limit` bytes; nothing if the machine never ran. A negative start counts from the end. */
export function readSerialLog(file: string, start: number, limit: number): SerialText {
  let handle: number;
  try {
    handle = openSync(file, "r");
  } catch {
    return { bytes: Buffer.alloc(0), end: 0 };
  }
  try {
    const { size } = fstatSync(handle);
    const from = start < 0 ? Math.max(0, size + start) : start;
    const buffer = Buffer.alloc(Math.max(0, Math.min(size - from, limit)));
    const read = readSync(handle, buffer, 0, buffer.length, from);
    return { bytes: buffer.subarray(0, read), end: from + read };
  } finally {
    closeSync(handle);
  }
}

// ECMA-48 §5.4: control sequences; a few two-character escapes besides.
const control = /\x1b\[[0-?]*[ -/]*[@-~]|\x1b[@-Z\\-_c78=>]|[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f]/g;

/**
 * Lines for people: without terminal control and blank lines. A lone carriage return rewrites a line; what was written is
 * kept, in its order.
 */
export function plainLines(raw: string): string[] {
  return raw
    .replaceAll(/\r+\n/g, "\n")
    .replaceAll("\r", "\n")
    .replaceAll(control, "")
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => line !== "");
}
