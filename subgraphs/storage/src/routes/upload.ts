import type { IncomingMessage, ServerResponse } from 'node:http';
import { GatehouseError } from '@gatehouse/service-kit';
import { bytesOf, countingBytes } from '../content/count-bytes.ts';
import type { StorageDeps } from '../deps.ts';
import { storeContent } from '../store-content.ts';
import { sendJson } from './answer.ts';

/** `PUT /storage/uploads/:id`, its signature checked: takes the content as it comes and answers what was stored. */
export async function putUpload(
  deps: StorageDeps,
  uploadId: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const length = request.headers['content-length'];
  try {
    const stored = await storeContent(deps, uploadId, {
      source: countingBytes(bodyOf(request, deps.config.stalledAfterMs), bytesOf(deps.metrics, 'up')),
      announcedLength: length === undefined ? null : Number(length),
    });
    sendJson(response, 201, stored);
  } catch (error) {
    if (!request.errored && !request.socket.destroyed) throw error;
    deps.logger.info({ upload: uploadId }, 'the sender of an upload went away');
  }
}

/** The body as it comes; BAD_REQUEST when nothing comes for too long. The request is left to be answered. */
async function* bodyOf(request: IncomingMessage, stalledAfterMs: number): AsyncGenerator<Buffer> {
  const chunks: AsyncIterator<Buffer> = request.iterator({ destroyOnReturn: false });
  try {
    for (;;) {
      const next = await inTime(chunks.next(), stalledAfterMs);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    // Not awaited: a `next` in progress would hold it back.
    chunks.return?.().catch(() => {});
  }
}

async function inTime<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const stalled = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new GatehouseError('BAD_REQUEST', 'No bytes came for too long.')), ms);
  });
  return await Promise.race([promise, stalled]).finally(() => clearTimeout(timer));
}
