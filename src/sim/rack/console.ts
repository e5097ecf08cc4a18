import { createConnection, type Socket } from "node:net";
import { Duplex } from "node:stream";
import type { Clock } from "../../clock.ts";
import { fail } from "./errors.ts";
import { fileNames, type MachineFiles } from "./files.ts";
import type { RackPlan } from "./plan.ts";
import { livingProcess } from "./processes.ts";
import { plainLines, readSerialLog } from "./serial-log.ts";
import { machineOf } from "./status.ts";

const historyLines = 200;
const historyBytes = 64 * 1024;
const lookMs = 50;
const reconnectMs = 200;

export interface Console {
  /** What the machine said last, before this console was opened; for people, without terminal control. */
  readonly history: readonly string[];
  /** Its serial port. It stays through resets and power-off, and ends only when it is destroyed. */
  readonly stream: Duplex;
}

/**
 * Opens a machine's serial port. Any number of consoles can watch; QEMU listens to one at a time, so what is typed into a
 * second one waits until the first is closed.
 * @throws `rack-no-such-machine`, `rack-not-up`
 */
export function openConsole(o: { plan: RackPlan; name: string; clock: Clock }): Console {
  if (!livingProcess(o.plan.runDir, "daemon")) throw fail("rack-not-up", { name: o.plan.name });
  const files = fileNames(o.plan, machineOf(o.plan, o.name).name);
  const { bytes, end } = readSerialLog(files.serialLog, -historyBytes, historyBytes);
  const history = plainLines(bytes.toString("utf8")).slice(-historyLines);
  return { history, stream: new SerialLine(files, end, o.clock) };
}

/**
 * Hears through the log, which misses nothing when a reset replaces the QEMU; speaks through its socket. What is typed
 * while the machine is off is lost, as on a cable.
 */
class SerialLine extends Duplex {
  readonly #files: MachineFiles;
  readonly #clock: Clock;
  #heard: number;
  #wanted = false;
  #socket: Socket | undefined;

  constructor(files: MachineFiles, heard: number, clock: Clock) {
    super();
    this.#files = files;
    this.#heard = heard;
    this.#clock = clock;
    this.#look();
    this.#connect();
  }

  /** Passes on what is new in the log, and looks again soon. */
  #look(): void {
    if (this.destroyed) return;
    if (this.#wanted) {
      const { bytes, end } = readSerialLog(this.#files.serialLog, this.#heard, historyBytes);
      this.#heard = end;
      if (bytes.length > 0) this.#wanted = this.push(bytes);
    }
    this.#clock.after(lookMs, () => this.#look());
  }

  #connect(): void {
    if (this.destroyed) return;
    const socket = createConnection({ path: this.#files.console });
    this.#socket = socket;
    // The log has it already; unread it would make the machine wait.
    socket.resume();
    // No such socket yet, or its QEMU ended: `close` follows.
    socket.on("error", () => {});
    socket.on("close", () => this.#clock.after(reconnectMs, () => this.#connect()));
  }

  override _read(): void {
    this.#wanted = true;
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
