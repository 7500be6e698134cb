import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Duplex } from 'node:stream';
import type { Deadline } from '../subgraph/deadline.ts';
import { passportHeader } from '../subgraph/subgraph.ts';
import { type Frame, FrameReader, FrameWriter } from './frames.ts';
import { Pending } from './pending.ts';
import { doorPath, doorProtocol, kinds, slots } from './protocol.ts';
import { Slots } from './slots.ts';

export type DoorAnswer = { status: number; text: string };

export type DoorFetch = {
  document: string;
  passport: string;
  traceparent: string;
  /** JSON. */
  variables: string;
  deadline: Deadline;
};

export type DoorClient = {
  /** The result's JSON, with status 200; another status tells of a refusal. Rejects when the connection is lost or time is over. */
  fetch(given: DoorFetch): Promise<DoorAnswer>;
  close(): void;
};

type Options = {
  /** Of the subgraph's process. */
  origin: string;
  /** The gateway's own passport. */
  passport(): Promise<string>;
  maxResponseBytes: number;
  connectTimeoutMs: number;
};

/** Connections side by side, so that a large answer does not hold up all others. */
const lanes = 2;
/** A connection is replaced by a new one now and then, so that new processes behind one name get their share. */
const maxAgeMs = 300_000;
const statusOfCode: Record<string, number> = { UNAUTHENTICATED: 401, PAYLOAD_TOO_LARGE: 413 };

/** The gateway's side of the door. Connections are opened when they are needed, and again when they are lost. */
export function connectDoor(options: Options): DoorClient {
  const open: (Lane | Promise<Lane> | undefined)[] = new Array(lanes).fill(undefined);
  const all = new Set<Lane>();
  let next = 0;
  let isClosed = false;

  const laneAt = (n: number): Lane | Promise<Lane> => {
    const known = open[n];
    if (known && (!(known instanceof Lane) || known.isOpen)) return known;
    const opening = openLane(options).then((lane) => {
      if (isClosed) lane.destroy();
      all.add(lane);
      lane.onClose(() => all.delete(lane));
      if (open[n] === opening) open[n] = lane;
      return lane;
    });
    open[n] = opening;
    opening.catch(() => {
      if (open[n] === opening) open[n] = undefined;
    });
    return opening;
  };

  return {
    fetch(given) {
      next = (next + 1) % lanes;
      const lane = laneAt(next);
      if (lane instanceof Lane) return lane.fetch(given);
      return new Promise((resolve, reject) => {
        given.deadline.whenEnded(reject);
        lane.then((opened) => opened.fetch(given)).then(resolve, reject);
      });
    },
    close() {
      isClosed = true;
      for (const lane of all) lane.destroy();
    },
  };
}

async function openLane(options: Options): Promise<Lane> {
  const url = new URL(doorPath, options.origin);
  const passport = await options.passport();
  const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
    agent: false,
    headers: { connection: 'Upgrade', upgrade: doorProtocol, [passportHeader]: passport },
    timeout: options.connectTimeoutMs,
  });
  return await new Promise((resolve, reject) => {
    request.once('upgrade', (_, socket, head) => {
      socket.setTimeout(0);
      socket.setNoDelay(true);
      socket.setKeepAlive(true, 10_000);
      resolve(new Lane(socket, head, options));
    });
    request.once('response', (response) => {
      response.resume();
      reject(failure('ECONNREFUSED', `the door is closed: ${response.statusCode}`));
    });
    request.once('timeout', () => {
      const error = failure('UND_ERR_CONNECT_TIMEOUT', 'the door does not open in time');
      request.destroy(error);
      reject(error);
    });
    request.once('error', reject);
    request.end();
  });
}

type Waiting = {
  resolve(answer: DoorAnswer): void;
  reject(error: Error): void;
  deadline: Deadline;
  since: number;
};

/** One connection. */
class Lane {
  readonly #socket: Duplex;
  readonly #writer: FrameWriter;
  readonly #reader: FrameReader;
  readonly #waiting = new Pending<Waiting>();
  readonly #documents = new Slots<string>(slots.documents);
  readonly #passports = new Slots<string>(slots.passports);
  readonly #until = Date.now() + maxAgeMs * (0.5 + Math.random() / 2);
  #takesMore = true;
  #heardAt = Date.now();

  constructor(socket: Duplex, head: Buffer, { maxResponseBytes }: Options) {
    this.#socket = socket;
    this.#writer = new FrameWriter(socket);
    this.#reader = new FrameReader({
      maxBytes: maxResponseBytes,
      handle: (frame) => this.#handle(frame),
      tooLong: (_, id) =>
        this.#settle(id)?.reject(failure('UND_ERR_RES_EXCEEDED_MAX_SIZE', 'the answer is too large')),
    });
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#lost());
    if (head.length > 0) this.#read(head);
  }

  get isOpen(): boolean {
    return this.#takesMore;
  }

  onClose(listener: () => void): void {
    this.#socket.once('close', listener);
  }

  destroy(): void {
    this.#takesMore = false;
    this.#socket.destroy();
  }

  fetch({ document, passport, traceparent, variables, deadline }: DoorFetch): Promise<DoorAnswer> {
    return new Promise((resolve, reject) => {
      if (deadline.reason) return reject(deadline.reason);
      if (!this.#takesMore) return reject(failure('ECONNRESET', 'the door was closed'));
      const since = Date.now();
      const id = this.#waiting.add({ resolve, reject, deadline, since });
      if (id === undefined) return reject(failure('EBUSY', 'too many fetches wait'));
      deadline.whenEnded((reason) => this.#giveUp(id, reason));
      const documentSlot = this.#slotOf(kinds.document, this.#documents, document);
      const passportSlot = this.#slotOf(kinds.passport, this.#passports, passport);
      this.#writer.write(kinds.fetch, id, traceparent + variables, documentSlot, passportSlot);
      if (since > this.#until) this.#retire();
    });
  }

  /** The slot of what the other side knows, or has now been told. */
  #slotOf(kind: number, known: Slots<string>, text: string): number {
    const slot = known.find(text);
    if (slot !== undefined) return slot;
    const fresh = known.take(text);
    this.#writer.write(kind, fresh, text);
    return fresh;
  }

  #read(chunk: Buffer): void {
    this.#heardAt = Date.now();
    try {
      this.#reader.push(chunk);
    } catch {
      this.#socket.destroy();
    }
  }

  #handle({ kind, id, bytes }: Frame): void {
    if (kind === kinds.goAway) {
      this.#retire();
      return;
    }
    const waiting = this.#settle(id);
    const text = bytes.toString();
    if (kind === kinds.result) waiting?.resolve({ status: 200, text });
    else waiting?.resolve({ status: statusOfCode[text] ?? 500, text });
  }

  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.take(id);
    if (!waiting) return undefined;
    waiting.deadline.whenEnded(undefined);
    if (!this.#takesMore && this.#waiting.size === 0) this.#socket.end();
    return waiting;
  }

  #giveUp(id: number, reason: Error): void {
    const waiting = this.#settle(id);
    if (!waiting) return;
    this.#writer.write(kinds.cancel, id, '');
    waiting.reject(reason);
    // Nothing at all came since it was asked: the connection may lead nowhere.
    if (waiting.deadline.isOver && this.#heardAt < waiting.since) this.destroy();
  }

  /** Takes no more fetches; closes after the last answer. */
  #retire(): void {
    this.#takesMore = false;
    if (this.#waiting.size === 0) this.#socket.end();
  }

  #lost(): void {
    this.#takesMore = false;
    for (const { deadline, reject } of this.#waiting.takeAll()) {
      deadline.whenEnded(undefined);
      reject(failure('ECONNRESET', 'the connection was lost'));
    }
  }
}

const failure = (code: string, message: string): Error => Object.assign(new Error(message), { code });
