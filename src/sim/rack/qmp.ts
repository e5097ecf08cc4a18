import { createConnection, type Socket } from "node:net";
import { createInterface } from "node:readline";

/** A message of QEMU's: an event, or the answer to a command. QMP specification §2.4, §2.5. */
interface Message {
  readonly event?: string;
  readonly data?: { readonly reason?: string };
  readonly return?: unknown;
  readonly error?: { readonly class: string; readonly desc: string };
  readonly id?: number;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** One connection to a QEMU's control socket. It ends with QEMU; then `closed` resolves. */
export class Qmp {
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #shutdownReason: string | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const lines = createInterface({ input: socket });
    lines.on("line", (line) => this.#receive(JSON.parse(line) as Message));
    // A QEMU that ends with something unread resets the connection: an error (which readline passes on), no end, and
    // then `close` all the same.
    lines.on("error", () => {});
    this.closed = new Promise((resolve) => socket.once("close", () => resolve()));
    void this.closed.then(() => this.#giveUp());
  }

  /** Connects once; rejects when nobody listens at `path` yet. */
  static async connect(path: string): Promise<Qmp> {
    const socket = createConnection({ path });
    await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    const qmp = new Qmp(socket);
    await qmp.execute("qmp_capabilities");
    return qmp;
  }

  /** Why QEMU ended, in its own words: `guest-reset`, `guest-shutdown`, `host-qmp-quit`, … */
  get shutdownReason(): string | undefined {
    return this.#shutdownReason;
  }

  execute(command: string, parameters: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#socket.write(`${JSON.stringify({ execute: command, arguments: parameters, id })}\n`);
    });
  }

  /** Ends the connection; QEMU goes on. */
  close(): void {
    this.#socket.destroy();
  }

  #receive(message: Message): void {
    if (message.event === "SHUTDOWN") this.#shutdownReason = message.data?.reason ?? "unknown";
    const waiting = message.id === undefined ? undefined : this.#waiting.get(message.id);
    if (message.id === undefined || !waiting) return;
    this.#waiting.delete(message.id);
    if (message.error) waiting.reject(new Error(`QEMU refused: ${message.error.desc}`));
    else waiting.resolve(message.return);
  }

  #giveUp(): void {
    for (const { reject } of this.#waiting.values()) reject(new Error("QEMU ended before it answered"));
    this.#waiting.clear();
  }
}
