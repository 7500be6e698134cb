import type { IncomingMessage, ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GatehouseError, type Logger } from '@gatehouse/service-kit';
import { isUnsent, passportHeader, type SubgraphName } from '@gatehouse/service-kit/subgraph';
import type { Dispatcher } from 'undici';
import { withoutHopByHop } from '../http/forwarding-headers.ts';

type Forward = {
  name: SubgraphName;
  dispatcher: Dispatcher;
  request: IncomingMessage;
  response: ServerResponse;
  passport: string;
  /** Until the answer begins; a body that is on its way has three times as long, and so has an answer that stands still. */
  timeoutMs: number;
  logger: Logger;
};

/** Methods of requests that may be sent twice (RFC 9110, 9.2.2). */
const idempotent = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/** Streams a request to a remote subgraph and its answer back; a client that goes away ends both. `SUBGRAPH_UNAVAILABLE` without one. */
export async function forwardRequest(options: Forward): Promise<void> {
  const { name, dispatcher, request, response, passport, timeoutMs, logger } = options;
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  try {
    const answer = await dispatcher.request({
      method: request.method as Dispatcher.HttpMethod,
      path: request.url ?? '/',
      headers: {
        ...withoutHopByHop(request.headers),
        [passportHeader]: passport,
      },
      // A copy: undici destroys what it could not send whole, and with the request the client's connection would go.
      body: hasBody(request) ? request.pipe(new PassThrough()) : null,
      signal: gone.signal,
      headersTimeout: hasBody(request) ? 3 * timeoutMs : timeoutMs,
      bodyTimeout: 3 * timeoutMs,
    });
    response.writeHead(answer.statusCode, withoutHopByHop(answer.headers));
    await pipeline(answer.body, response);
  } catch (error) {
    if (gone.signal.aborted) return;
    logger.warn({ subgraph: name, err: error }, 'forwarding failed');
    if (response.headersSent) return void response.destroy();
    throw new GatehouseError('SUBGRAPH_UNAVAILABLE', `${name} did not answer`, {
      service: name,
      reason: isTimeout(error) ? 'TIMEOUT' : 'UNREACHABLE',
      retryable: isUnsent(error) || idempotent.has(request.method ?? ''),
      retryAfter: retryAfterSeconds,
    });
  }
}

const retryAfterSeconds = 1;

const isTimeout = (error: unknown): boolean =>
  (error as { code?: unknown } | null)?.code === 'UND_ERR_HEADERS_TIMEOUT';

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined ||
  (headers['content-length'] !== undefined && headers['content-length'] !== '0');
