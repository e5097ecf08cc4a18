import type { Readable } from "node:stream";
import type { ReadStream } from "node:tty";
import { Secret } from "../secret.ts";

/** As much of standard input and standard error as it takes. */
export interface SecretInput {
  readonly input: Readable & Partial<Pick<ReadStream, "isTTY" | "setRawMode">>;
  /** Where the question goes; standard output is the answer's. */
  prompt(text: string): void;
  readonly interrupted: AbortSignal;
  /** Ctrl-C: raw mode gives it to us instead of to the process. */
  interrupt(): void;
}

const keys = { enter: /[\r\n]/, erase: /[\b\u007f]/, wipe: "\u0015", interrupt: "\u0003", end: "\u0004" } as const;

/**
 * A secret from a person, a line that isn't shown; or all that is piped in, without the line feed at its end. `undefined`
 * when the person gave up or nothing came.
 */
export async function readSecret(question: string, around: SecretInput): Promise<Secret | undefined> {
  const text = around.input.isTTY ? await typed(question, around) : await piped(around);
  return text === undefined || text === "" ? undefined : new Secret(text);
}

async function piped({ input, interrupted }: SecretInput): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of input) {
    interrupted.throwIfAborted();
    chunks.push(Buffer.from(chunk));
  }
  return Buffer.concat(chunks)
    .toString("utf8")
    .replace(/\r?\n$/, "");
}

async function typed(question: string, { input, prompt, interrupted, interrupt }: SecretInput) {
  // Before anybody is asked: what is typed at once would be shown.
  input.setRawMode?.(true);
  prompt(`${question} `);
  let line = "";
  try {
    for await (const chunk of input.iterator({ destroyOnReturn: false })) {
      for (const key of chunk.toString()) {
        if (keys.enter.test(key) || key === keys.end) return line;
        if (key === keys.interrupt) interrupt();
        interrupted.throwIfAborted();
        line = key === keys.wipe ? "" : keys.erase.test(key) ? [...line].slice(0, -1).join("") : line + key;
      }
    }
    return undefined;
  } finally {
    input.setRawMode?.(false);
    prompt("\n");
  }
}
