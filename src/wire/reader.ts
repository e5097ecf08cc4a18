/** Reads a datagram from front to back. Every read is checked: bytes are never `undefined`. Network (big-endian) order. */
export class Reader {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    // Not the argument itself: a Buffer's `slice` would give views on it, where copies are promised.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2));
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  u16le(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u32le(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  /** A copy of the next `count` bytes. */
  bytes(count: number): Uint8Array {
    const start = this.#take(count);
    return this.#bytes.slice(start, start + count);
  }

  rest(): Uint8Array {
    return this.bytes(this.remaining);
  }

  skip(count: number): void {
    this.#take(count);
  }

  /** Text up to a NUL, which is consumed; the NUL must be there. Latin-1: every byte is a character. */
  cString(): string {
    const end = this.#bytes.indexOf(0, this.#offset);
    if (end < 0) throw new WireError(`no end of text from offset ${this.#offset}`, this.#offset);
    const text = Buffer.from(this.bytes(end - this.#offset)).toString("latin1");
    this.skip(1);
    return text;
  }

  #take(count: number): number {
    const start = this.#offset;
    if (count > this.remaining) {
      throw new WireError(`need ${plural(count)} at offset ${start}, have ${this.remaining}`, start);
    }
    this.#offset += count;
    return start;
  }
}

/** A datagram that doesn't hold what it should; servers drop it, clients report it. */
export class WireError extends Error {
  override readonly name = "WireError";
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

const plural = (count: number) => `${count} ${count === 1 ? "byte" : "bytes"}`;
