import { createConnection, type Socket } from "node:net";
import { Duplex } from "node:stream";
import type { Clock } from "../../clock.ts";
import { fileNames } from "./files.ts";
import type { RackPlan } from "./plan.ts";
import { machineOf, serialTail } from "./status.ts";

const historyLines = 200;
const retryMs = 200;

export interface Console {
  /** What the machine said last, before this console was opened. */
  readonly history: readonly string[];
  /** Its serial port. It stays through resets and power-off, and ends only when it is destroyed. */
  readonly stream: Duplex;
}

/**
 * Opens a machine's serial port. QEMU serves one client: a second console hears nothing until the first one ends.
 * @throws `rack-no-such-machine`
 */
export function openConsole(o: { plan: RackPlan; name: string; clock: Clock }): Console {
  const { name } = machineOf(o.plan, o.name);
  const stream = new SerialLine(fileNames(o.plan, name).console, o.clock);
  return { history: serialTail(o.plan, name, historyLines), stream };
}

/** Connects again whenever the machine's QEMU ended; what is typed meanwhile is lost, as on a cable. */
class SerialLine extends Duplex {
  readonly #path: string;
  readonly #clock: Clock;
  #socket: Socket | undefined;

  constructor(path: string, clock: Clock) {
    super();
    this.#path = path;
    this.#clock = clock;
    this.#connect();
  }

  #connect(): void {
    const socket = createConnection({ path: this.#path });
    this.#socket = socket;
    socket.on("data", (chunk) => {
      if (!this.push(chunk)) socket.pause();
    });
    // No such socket yet, or the other side died: `close` follows.
    socket.on("error", () => {});
    socket.on("close", () => {
      if (!this.destroyed) this.#clock.after(retryMs, () => !this.destroyed && this.#connect());
    });
  }

  override _read(): void {
    this.#socket?.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (this.#socket?.readyState === "open") this.#socket.write(chunk, () => done());
    else done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket?.destroy();
    done(error);
  }
}
