import type { Duplex } from 'node:stream';

/*
 * A frame: the length of what follows (4 bytes), its kind (1), a number (4), and the rest, which the kind defines. All numbers
 * are unsigned and big-endian.
 */
const lengthBytes = 4;
const headBytes = 5;
const chunkBytes = 65_536;
const keptChunks = 4;
/** UTF-8 takes at most three bytes for each UTF-16 unit. */
const bytesPerUnit = 3;

/** Writes frames. Those of one turn of the event loop leave together: a system call costs more than writing many of them. */
export class FrameWriter {
  readonly #socket: Duplex;
  readonly #free: Buffer[] = [];
  #chunk: Buffer = Buffer.allocUnsafeSlow(chunkBytes);
  #used = 0;
  #isScheduled = false;
  readonly #flush = () => {
    this.#isScheduled = false;
    this.#leave();
  };

  constructor(socket: Duplex) {
    this.#socket = socket;
  }

  /** Text after numbers, in one frame. */
  write(kind: number, id: number, text: string, ...numbers: readonly number[]): void {
    const start = this.#reserve(lengthBytes + headBytes + numbers.length * 4 + text.length * bytesPerUnit);
    const chunk = this.#chunk;
    let at = chunk.writeUInt8(kind, start + lengthBytes);
    at = chunk.writeUInt32BE(id, at);
    for (const number of numbers) at = chunk.writeUInt32BE(number, at);
    at += chunk.write(text, at);
    chunk.writeUInt32BE(at - start - lengthBytes, start);
    this.#used = at;
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(this.#flush);
  }

  /** Where the next bytes go. */
  #reserve(bytes: number): number {
    if (this.#used + bytes > this.#chunk.length) {
      this.#leave();
      if (bytes > this.#chunk.length) this.#chunk = Buffer.allocUnsafeSlow(bytes);
    }
    return this.#used;
  }

  #leave(): void {
    if (this.#used === 0) return;
    const chunk = this.#chunk;
    const full = chunk.subarray(0, this.#used);
    this.#chunk = this.#free.pop() ?? Buffer.allocUnsafeSlow(chunkBytes);
    this.#used = 0;
    if (this.#socket.writable) this.#socket.write(full, () => this.#recycle(chunk));
  }

  #recycle(chunk: Buffer): void {
    if (chunk.length === chunkBytes && this.#free.length < keptChunks) this.#free.push(chunk);
  }
}

export type Frame = {
  kind: number;
  id: number;
  /** What follows; valid until the handler returns. */
  bytes: Buffer;
};

/** Takes bytes as they come and hands frames on. */
export class FrameReader {
  readonly #handle: (frame: Frame) => void;
  readonly #tooLong: (kind: number, id: number) => void;
  readonly #maxBytes: number;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  /** Bytes that must be there before it is worth looking again. */
  #needed = lengthBytes + headBytes;
  #toSkip = 0;

  /** A longer frame than `maxBytes` is told to `tooLong`, and its bytes are forgotten. */
  constructor(options: {
    maxBytes: number;
    handle(frame: Frame): void;
    tooLong(kind: number, id: number): void;
  }) {
    this.#handle = options.handle;
    this.#tooLong = options.tooLong;
    this.#maxBytes = options.maxBytes;
  }

  push(chunk: Buffer): void {
    let bytes = chunk;
    if (this.#toSkip > 0) {
      const skipped = Math.min(this.#toSkip, bytes.length);
      this.#toSkip -= skipped;
      bytes = bytes.subarray(skipped);
    }
    if (bytes.length === 0) return;
    if (this.#waitingBytes > 0) {
      this.#waiting.push(bytes);
      this.#waitingBytes += bytes.length;
      if (this.#waitingBytes < this.#needed) return;
      bytes = Buffer.concat(this.#waiting, this.#waitingBytes);
      this.#waiting = [];
      this.#waitingBytes = 0;
    }
    this.#read(bytes);
  }

  #read(bytes: Buffer): void {
    let at = 0;
    while (bytes.length - at >= lengthBytes + headBytes) {
      const length = bytes.readUInt32BE(at);
      const kind = bytes.readUInt8(at + lengthBytes);
      const id = bytes.readUInt32BE(at + lengthBytes + 1);
      const end = at + lengthBytes + length;
      if (length < headBytes) throw new Error('a frame is too short');
      if (length > this.#maxBytes) {
        this.#tooLong(kind, id);
        this.#toSkip = Math.max(0, end - bytes.length);
        at = Math.min(end, bytes.length);
        continue;
      }
      if (end > bytes.length) {
        this.#wait(bytes.subarray(at), lengthBytes + length);
        return;
      }
      this.#handle({ kind, id, bytes: bytes.subarray(at + lengthBytes + headBytes, end) });
      at = end;
    }
    if (at < bytes.length) this.#wait(bytes.subarray(at), lengthBytes + headBytes);
  }

  #wait(bytes: Buffer, needed: number): void {
    this.#waiting = [bytes];
    this.#waitingBytes = bytes.length;
    this.#needed = needed;
  }
}
