import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import { GatehouseError } from '../errors.ts';
import { isPromise } from '../is-promise.ts';
import type { Fetches, FetchResult, PreparedDocument } from '../subgraph/fetches.ts';
import { type Frame, FrameReader, FrameWriter } from './frames.ts';
import { doorProtocol, kinds, maxFetchBytes, slots, traceparentBytes } from './protocol.ts';

export type Door = {
  /** Takes an upgrade over. Refuses it without the passport of a gateway. */
  open(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>;
  /** Asks the gateways to go, waits for what is under way, and closes. */
  close(withinMs: number): Promise<void>;
};

type Options<Caller> = {
  fetches: Fetches<Caller>;
  logger: Logger;
  /** Whether the request carries a gateway's own passport; throws `UNAUTHENTICATED` or `FORBIDDEN`. */
  admit(request: IncomingMessage): Promise<void>;
  /** Who asks, by the passport; throws or rejects with `UNAUTHENTICATED`. */
  verify(passport: string | undefined, traceparent: string): Caller | Promise<Caller>;
};

/** The subgraph's side of the door: each fetch under its own passport, on documents that are compiled once. */
export function createDoor<Caller>(options: Options<Caller>): Door {
  const visits = new Set<Visit<Caller>>();
  let isClosing = false;

  return {
    async open(request, socket, head) {
      socket.on('error', () => socket.destroy());
      try {
        if (isClosing) throw new GatehouseError('SUBGRAPH_UNAVAILABLE', 'The process stops.');
        if (request.headers.upgrade !== doorProtocol)
          throw new GatehouseError('BAD_REQUEST', 'Unknown protocol.');
        await options.admit(request);
      } catch (error) {
        if (!(error instanceof GatehouseError)) options.logger.error({ err: error }, 'upgrade failed');
        const status = statusOf[(error as GatehouseError).code as string] ?? '500 Internal Server Error';
        socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
        return;
      }
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: ${doorProtocol}\r\n\r\n`,
      );
      const visit = new Visit(socket, options);
      visits.add(visit);
      socket.once('close', () => visits.delete(visit));
      visit.read(head);
      socket.on('data', (chunk: Buffer) => visit.read(chunk));
      socket.once('end', () => socket.end());
    },
    async close(withinMs) {
      isClosing = true;
      const until = Date.now() + withinMs;
      for (const visit of visits) visit.askToGo();
      while ([...visits].some((visit) => visit.isBusy) && Date.now() < until) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      for (const visit of visits) visit.end();
    },
  };
}

const statusOf: Record<string, string> = {
  BAD_REQUEST: '400 Bad Request',
  UNAUTHENTICATED: '401 Unauthorized',
  FORBIDDEN: '403 Forbidden',
  SUBGRAPH_UNAVAILABLE: '503 Service Unavailable',
};

/** One connection of a gateway. */
class Visit<Caller> {
  readonly #socket: Duplex;
  readonly #options: Options<Caller>;
  readonly #writer: FrameWriter;
  readonly #reader: FrameReader;
  readonly #documents: (PreparedDocument<Caller> | undefined)[] = [];
  readonly #passports: (string | undefined)[] = [];
  /** Fetches under way. */
  readonly #running = new Set<number>();

  constructor(socket: Duplex, options: Options<Caller>) {
    this.#socket = socket;
    this.#options = options;
    this.#writer = new FrameWriter(socket);
    this.#reader = new FrameReader({
      maxBytes: maxFetchBytes,
      handle: (frame) => this.#handle(frame),
      tooLong: (kind, id) => {
        if (kind !== kinds.fetch) throw new Error('a frame is too long');
        this.#writer.write(kinds.refused, id, 'PAYLOAD_TOO_LARGE');
      },
    });
  }

  get isBusy(): boolean {
    return this.#running.size > 0;
  }

  askToGo(): void {
    this.#writer.write(kinds.goAway, 0, '');
  }

  end(): void {
    // After what is still to be written.
    setImmediate(() => this.#socket.end());
  }

  read(chunk: Buffer): void {
    try {
      this.#reader.push(chunk);
    } catch (error) {
      this.#options.logger.warn({ err: error }, 'a gateway broke the rules of the door');
      this.#socket.destroy();
    }
  }

  #handle({ kind, id, bytes }: Frame): void {
    if (kind === kinds.fetch) this.#fetch(id, bytes);
    else if (kind === kinds.cancel) this.#running.delete(id);
    else if (kind === kinds.document && id < slots.documents) {
      this.#documents[id] = this.#options.fetches.prepare(bytes.toString());
    } else if (kind === kinds.passport && id < slots.passports) {
      this.#passports[id] = bytes.toString('latin1');
    } else {
      throw new Error(`a frame of kind ${kind} with number ${id}`);
    }
  }

  #fetch(id: number, bytes: Buffer): void {
    const document = this.#documents[bytes.readUInt32BE(0)];
    const passport = this.#passports[bytes.readUInt32BE(4)];
    const traceparent = bytes.toString('latin1', 8, 8 + traceparentBytes);
    const variables: unknown = JSON.parse(bytes.toString('utf8', 8 + traceparentBytes));
    if (!document || typeof variables !== 'object' || variables === null) {
      throw new Error('a fetch without its document or variables');
    }
    this.#running.add(id);
    const answer = (caller: Caller): void | Promise<void> => {
      const result = document(variables as Record<string, unknown>, caller);
      if (isPromise(result)) return result.then((later) => this.#answer(id, later));
      this.#answer(id, result);
    };
    const refuse = (error: unknown): void => {
      if (!(error instanceof GatehouseError)) this.#options.logger.error({ err: error }, 'fetch failed');
      if (!this.#running.delete(id)) return;
      const { code } = error as GatehouseError;
      this.#writer.write(kinds.refused, id, String(code ?? 'INTERNAL_SERVER_ERROR'));
    };
    try {
      const caller = this.#options.verify(passport, traceparent);
      const answering = isPromise(caller) ? caller.then(answer) : answer(caller);
      answering?.catch(refuse);
    } catch (error) {
      refuse(error);
    }
  }

  #answer(id: number, result: FetchResult): void {
    if (this.#running.delete(id)) this.#writer.write(kinds.result, id, JSON.stringify(result));
  }
}
