import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { BlobStoreError } from '@gatehouse/data';
import { GatehouseError } from '@gatehouse/service-kit';
import { create as contentDisposition } from 'content-disposition';
import { bytesOf, countingBytes } from '../content/count-bytes.ts';
import { freeingBuffers } from '../content/free-buffers.ts';
import type { StorageDeps } from '../deps.ts';
import { storedDocument } from '../queries/documents.ts';
import type { Document } from '../tables/document.ts';
import { type ByteRange, parseRange } from './range.ts';

/** `GET` or `HEAD /storage/documents/:id`, its signature checked: the content, or one range of it (RFC 9110, 14). */
export async function getDocument(
  deps: Pick<StorageDeps, 'database' | 'blobs' | 'metrics'>,
  documentId: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const document = await storedDocument(deps.database.db, documentId);
  if (!document) throw notFound();
  const headers = headersOf(document);
  const range = rangeOf(request, document.size, headers.etag);
  if (range === 'unsatisfiable') {
    return void response.writeHead(416, { ...headers, 'content-range': `bytes */${document.size}` }).end();
  }
  const { start, end } = range ?? { start: 0, end: document.size - 1 };
  const sent = { ...headers, 'content-length': end - start + 1 };
  if (request.method === 'HEAD')
    return void response.writeHead(200, { ...headers, 'content-length': document.size }).end();

  const content = await deps.blobs.read(document.id, { start, end }).catch((error: unknown) => {
    throw error instanceof BlobStoreError && error.code === 'NOT_FOUND' ? notFound() : error;
  });
  // Until there is something to send, a failure can still be told.
  await once(content, 'readable');
  if (range) response.writeHead(206, { ...sent, 'content-range': `bytes ${start}-${end}/${document.size}` });
  else response.writeHead(200, sent);
  // A client that leaves is no failure; a content that breaks off hangs up, so that nobody takes it for whole.
  const bytes = bytesOf(deps.metrics, 'down');
  await pipeline(countingBytes(content, bytes), freeingBuffers, response).catch(() => response.destroy());
}

const notFound = () => new GatehouseError('NOT_FOUND', 'There is no such document.');

/** Whatever the content is, no browser shows it as a page of ours. */
const headersOf = ({ name, contentType, sha256 }: Document) => ({
  'content-type': contentType.startsWith('text/') ? `${contentType}; charset=utf-8` : contentType,
  'content-disposition': contentDisposition(name),
  'accept-ranges': 'bytes',
  etag: `"${sha256}"`,
  'cache-control': 'private, no-store',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; sandbox",
});

/** What of the content is asked for; undefined when it is the whole, or when the range speaks of another content. */
function rangeOf(
  { method, headers }: IncomingMessage,
  size: number,
  etag: string,
): ByteRange | 'unsatisfiable' | undefined {
  const condition = headers['if-range'];
  if (!headers.range || method !== 'GET' || (condition && condition !== etag)) return undefined;
  return parseRange(headers.range, size);
}
