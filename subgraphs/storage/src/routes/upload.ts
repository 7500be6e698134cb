import type { IncomingMessage, ServerResponse } from 'node:http';
import { GatehouseError } from '@gatehouse/service-kit';
import type { StorageDeps } from '../deps.ts';
import { storeContent } from '../store-content.ts';
import { discardRest, sendJson, sendRefusal } from './answer.ts';

/** `PUT /storage/uploads/:id`, its signature checked: takes the content as it comes and answers what was stored. */
export async function putUpload(
  deps: StorageDeps,
  uploadId: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const patience = watchOver(request, deps.config.stalledAfterMs);
  try {
    const length = request.headers['content-length'];
    const stored = await storeContent(deps, uploadId, {
      source: patience.chunks(),
      announcedLength: length === undefined ? null : Number(length),
      signal: patience.signal,
    });
    sendJson(response, 201, stored);
  } catch (error) {
    if (request.errored || request.socket.destroyed)
      return void deps.logger.info({ upload: uploadId }, 'upload aborted');
    const refusal = patience.signal.aborted ? stalled() : error;
    // What is left of the body would be read as the next request.
    if (!sendRefusal(response, refusal, { connection: 'close' })) throw error;
    discardRest(request);
  } finally {
    patience.stop();
  }
}

const stalled = () => new GatehouseError('BAD_REQUEST', 'No bytes came for too long.');

/** The body's chunks, each awaited for a bounded time only. */
function watchOver(request: IncomingMessage, stalledAfterMs: number) {
  const waiting = new AbortController();
  const timer = setTimeout(() => waiting.abort(), stalledAfterMs).unref();

  async function* chunks(): AsyncGenerator<Buffer> {
    // Not destroyed when reading stops early: the sender is still to be answered.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      timer.refresh();
      yield chunk;
    }
  }

  return { chunks, signal: waiting.signal, stop: () => clearTimeout(timer) };
}
