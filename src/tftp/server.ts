import { createSocket, type Socket } from "node:dgram";
import type { Clock } from "../clock.ts";
import { fail } from "./errors.ts";
import { type Audience, report, reportEnd } from "./events.ts";
import { encode, errorCodes } from "./packet.ts";
import { answer, type ReadOrWrite, type Refusal, readRequest, type TftpAnswer, type TftpFiles } from "./request.ts";
import { type Peer, Session } from "./session.ts";

export type { TftpEvent } from "./events.ts";
export type { TftpFiles } from "./request.ts";

export interface TftpServerOptions extends Audience {
  /** Address to listen on; replies leave from the same one. On `0.0.0.0` the kernel picks it by its routes. */
  readonly host: string;
  /** 69 unless given; 0 for any free one. */
  readonly port?: number;
  readonly files: TftpFiles;
  readonly clock: Clock;
}

export interface TftpServer {
  readonly port: number;
  close(): Promise<void>;
}

/** What one source, and all together, may have under way; further requests are dropped, and clients ask again. */
const mostPerSource = 16;
const mostTogether = 512;

/** Serves files to read, each transfer from a port of its own. Throws `tftp-cannot-listen`. */
export async function startTftpServer(options: TftpServerOptions): Promise<TftpServer> {
  const socket = await bind(options.host, options.port ?? 69);
  const transfers = new Transfers(options, socket);
  socket.on("message", (datagram, from) => transfers.admit(datagram, from));
  return {
    port: socket.address().port,
    close: async () => {
      transfers.close();
      await new Promise<void>((resolve) => socket.close(resolve));
    },
  };
}

/** A transfer under way, or one whose file is still being looked up. */
interface Entry {
  readonly peer: Peer;
  /** The request as it came, to know it again when the client repeats it. */
  readonly request: Buffer;
  socket?: Socket;
  session?: Session;
}

class Transfers {
  readonly #options: TftpServerOptions;
  readonly #listening: Socket;
  readonly #entries = new Set<Entry>();
  #closed = false;

  constructor(options: TftpServerOptions, listening: Socket) {
    this.#options = options;
    this.#listening = listening;
  }

  /** Never throws: what a stranger sends must not reach the process. */
  admit(datagram: Buffer, { address, port }: Peer): void {
    const request = readRequest(datagram);
    if (!request) return;
    const peer = { address, port };
    if (request.kind === "refuse") this.#refuse(request, peer);
    else if (this.#hasRoom(datagram, peer)) this.#begin(request, datagram, peer);
  }

  #begin(request: ReadOrWrite, datagram: Buffer, peer: Peer): void {
    const entry: Entry = { peer, request: datagram };
    this.#entries.add(entry);
    this.#answer(request, entry).catch((thrown) => {
      this.#options.log.error("a TFTP request could not be answered", { file: request.file, error: String(thrown) });
      this.#refuse({ kind: "refuse", file: "", code: errorCodes.undefined, message: "server failure" }, peer);
      this.#end(entry);
    });
  }

  close(): void {
    this.#closed = true;
    for (const entry of this.#entries) this.#end(entry);
  }

  /** Not for a repetition of what is being answered already, and not for one too many. */
  #hasRoom(datagram: Buffer, peer: Peer): boolean {
    const mine = [...this.#entries].filter((entry) => entry.peer.address === peer.address);
    const isRepeated = (entry: Entry) =>
      entry.peer.port === peer.port && !entry.session?.heard && entry.request.equals(datagram);
    if (this.#closed || mine.some(isRepeated)) return false;
    if (mine.length < mostPerSource && this.#entries.size < mostTogether) return true;
    this.#options.log.debug("too many TFTP transfers at once, request dropped", { client: peer.address });
    return false;
  }

  async #answer(request: ReadOrWrite, entry: Entry): Promise<void> {
    const reply = await answer(request, this.#options.files, { address: entry.peer.address });
    if (reply.kind === "serve") return this.#serve(reply, entry);
    this.#end(entry);
    this.#refuse(reply, entry.peer);
  }

  async #serve({ file, content, terms }: Serve, entry: Entry): Promise<void> {
    const { peer } = entry;
    const { clock, host } = this.#options;
    const socket = await bind(host, 0);
    if (this.#closed) return void socket.close();
    entry.socket = socket;
    const about = { file, client: peer.address, totalBytes: content.length };
    // A datagram that can't be sent is a datagram lost: the timer sends it again.
    const send = (datagram: Uint8Array, to: Peer) => socket.send(datagram, to.port, to.address, () => {});
    entry.session = new Session({
      ...{ content, terms, peer, clock, send },
      onStart: () => report(this.#options, { kind: "start", ...about }),
      onEnd: (outcome, bytes) => {
        this.#end(entry);
        reportEnd(this.#options, { ...about, bytes }, outcome);
      },
    });
    socket.on("message", (datagram, from) => entry.session?.receive(datagram, from));
  }

  #end(entry: Entry): void {
    if (!this.#entries.delete(entry)) return;
    entry.session?.stop();
    entry.socket?.close();
  }

  #refuse({ file, code, message }: Refusal, { address, port }: Peer): void {
    if (this.#closed) return;
    this.#listening.send(encode({ kind: "error", code, message }), port, address, () => {});
    report(this.#options, { kind: "refused", file, client: address, reason: message });
  }
}

type Serve = Extract<TftpAnswer, { kind: "serve" }>;

async function bind(host: string, port: number): Promise<Socket> {
  const socket = createSocket({ type: host.includes(":") ? "udp6" : "udp4" });
  try {
    await new Promise<void>((resolve, reject) => socket.once("error", reject).bind(port, host, resolve));
  } catch (thrown) {
    socket.close();
    throw fail("tftp-cannot-listen", { host, port, reason: (thrown as Error).message }, { cause: thrown });
  }
  // Whatever happens to a bound UDP socket later concerns one datagram.
  return socket.removeAllListeners("error").on("error", () => {});
}
