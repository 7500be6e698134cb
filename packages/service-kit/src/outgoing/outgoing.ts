import { lookup as resolveWithSystem } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector, type Dispatcher, request } from 'undici';
import { isPublicAddress } from './addresses.ts';
import { problemOfUrl, withoutBrackets } from './problem-of-url.ts';

/** Why a request was not made, or not ended well; safe to show to whoever gave the URL. */
export class OutgoingError extends Error {
  override name = 'OutgoingError';
}

export type Resolve = (hostname: string) => Promise<{ address: string; family: number }[]>;

export type OutgoingOptions = {
  /** Development only: http, and private addresses. */
  allowPrivate?: boolean;
  /** The system's resolver unless told. */
  resolve?: Resolve;
  timeoutMs?: number;
  /** Bytes of an answer that are taken. */
  maxBytes?: number;
};

export type OutgoingRequest = {
  method: 'GET' | 'POST';
  headers?: Record<string, string>;
  body?: string;
};

export type OutgoingAnswer = { status: number; headers: Record<string, string>; body: string };

/**
 * Requests to URLs that users gave (OWASP, Server-Side Request Forgery Prevention). A name is resolved by us, every address
 * it has is looked at, and the connection is made to one of those very addresses: a name that changes its mind in between
 * gains nothing. The address that a socket ended up with is looked at again. Redirects are not followed.
 */
export function createOutgoing(options: OutgoingOptions = {}) {
  const { allowPrivate = false, timeoutMs = 10_000, maxBytes = 262_144 } = options;
  const agent = guardedAgent({ allowPrivate, timeoutMs, resolve: options.resolve ?? system });

  async function send(url: string, init: OutgoingRequest, signal: AbortSignal) {
    const problem = problemOfUrl(url, { allowPrivate });
    if (problem) throw new OutgoingError(`the URL ${problem}`);
    return request(url, { ...init, dispatcher: agent, signal });
  }

  const told =
    (signal: AbortSignal) =>
    (error: unknown): never => {
      if (error instanceof OutgoingError) throw error;
      throw new OutgoingError(signal.aborted ? 'no answer in time' : 'no connection, or it was lost');
    };

  return {
    /** The answer, whatever its status. OutgoingError, also for one that is too large. */
    async request(url: string, init: OutgoingRequest): Promise<OutgoingAnswer> {
      const signal = AbortSignal.timeout(timeoutMs);
      try {
        const { statusCode, headers, body } = await send(url, init, signal);
        return { status: statusCode, headers: flat(headers), body: await readAtMost(body, maxBytes) };
      } catch (error) {
        return told(signal)(error);
      }
    },
    /** Resolves when a status of 2xx came back; what is answered is not read. OutgoingError with a reason that may be shown. */
    async post(url: string, body: string, headers: Record<string, string>): Promise<void> {
      const signal = AbortSignal.timeout(timeoutMs);
      const answer = await send(url, { method: 'POST', body, headers }, signal).catch(told(signal));
      // Hung up rather than read: it may be endless.
      answer.body.on('error', () => {});
      answer.body.destroy();
      if (answer.statusCode < 200 || answer.statusCode > 299) {
        throw new OutgoingError(`answered with status ${answer.statusCode}`);
      }
    },
    close: () => agent.destroy(),
  };
}

export type Outgoing = ReturnType<typeof createOutgoing>;

const system: Resolve = (hostname) => resolveWithSystem(hostname, { all: true });

/** Connections that lead where they may, however the name is resolved. */
function guardedAgent({
  allowPrivate,
  timeoutMs,
  resolve,
}: {
  allowPrivate: boolean;
  timeoutMs: number;
  resolve: Resolve;
}): Agent {
  const allowed = (address: string | undefined) =>
    allowPrivate || (address !== undefined && isPublicAddress(address));
  const refusal = () => new OutgoingError('the address is private');

  const lookup: LookupFunction = (hostname, { all }, callback) => {
    resolve(hostname).then(
      (addresses) => {
        const [first] = addresses;
        if (!first) return callback(new OutgoingError('the name has no address'), '', 0);
        // One private address among others is enough: the next connection could meet it.
        if (!addresses.every(({ address }) => allowed(address))) return callback(refusal(), '', 0);
        if (all) return callback(null, addresses);
        return callback(null, first.address, first.family);
      },
      () => callback(new OutgoingError('the name could not be resolved'), '', 0),
    );
  };

  const connect = buildConnector({ lookup, timeout: timeoutMs });
  return new Agent({
    connections: 4,
    pipelining: 1,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connect(target, callback) {
      // An address needs no lookup, so that none would be asked about it.
      const host = withoutBrackets(target.hostname);
      if (isIP(host) && !allowed(host)) return callback(refusal(), null);
      return connect(target, (error, socket) => {
        if (error) return callback(error, null);
        if (allowed(socket.remoteAddress)) return callback(null, socket);
        socket.destroy();
        return callback(refusal(), null);
      });
    },
  });
}

async function readAtMost(body: Dispatcher.ResponseData['body'], maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw new OutgoingError('the answer is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** What came twice is joined as HTTP has it (RFC 9110 §5.3). */
const flat = (headers: Dispatcher.ResponseData['headers']): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  );
