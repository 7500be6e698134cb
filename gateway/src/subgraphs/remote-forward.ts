import type { IncomingMessage, ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Logger } from '@gatehouse/service-kit';
import { passportHeader } from '@gatehouse/service-kit/subgraph';
import type { Dispatcher } from 'undici';
import { withoutHopByHop } from '../http/forwarding-headers.ts';

type Forward = {
  dispatcher: Dispatcher;
  request: IncomingMessage;
  response: ServerResponse;
  passport: string;
  logger: Logger;
};

/** Streams a request to a remote subgraph and its answer back; a client that goes away ends both. */
export async function forwardRequest(options: Forward): Promise<void> {
  const { dispatcher, request, response, passport, logger } = options;
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
    });
    response.writeHead(answer.statusCode, withoutHopByHop(answer.headers));
    await pipeline(answer.body, response);
  } catch (error) {
    if (gone.signal.aborted) return;
    logger.warn({ err: error }, 'forwarding failed');
    if (response.headersSent) return void response.destroy();
    response.writeHead(502, { 'content-type': 'application/json; charset=utf-8' });
    response.end(JSON.stringify({ error: 'a part of the service did not answer' }));
  }
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined ||
  (headers['content-length'] !== undefined && headers['content-length'] !== '0');
