import type { Pool } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { BlobStoreError } from './blob-store.ts';
import { chunkBytes } from './chunks.ts';

/** Chunks per statement, 512 KiB: few queries, and no connection is held while the consumer is slow. */
const chunksPerRead = 2;
/** COPY's binary format around a single value: 19 bytes of header, field count (2), length (4); at the end a 2-byte mark. */
const head = 25;
const tail = 2;

/**
 * The bytes of a blob from `start` on. By COPY, because the driver gives a bytea column as hexadecimal text: twice the
 * bytes, parsed on the event loop.
 */
export async function* readBytes(
  pool: Pool,
  id: string,
  start: number,
  length: number,
): AsyncGenerator<Buffer> {
  for (let from = start, left = length; left > 0; ) {
    const first = Math.floor(from / chunkBytes);
    const skip = from - first * chunkBytes;
    const size = Math.min(left, chunksPerRead * chunkBytes - skip);
    // COPY takes no parameters: these are numbers, and an id that we made.
    yield* await copyValue(
      pool,
      `select substring(string_agg(data, '' order by position) from ${skip + 1} for ${size})
        from platform.blob_chunk where blob_id = '${id}' and position between ${first} and ${first + chunksPerRead - 1}`,
      size,
    );
    from += size;
    left -= size;
  }
}

async function copyValue(pool: Pool, query: string, size: number): Promise<Buffer[]> {
  const client = await pool.connect();
  let failure: unknown;
  const pieces: Buffer[] = [];
  try {
    for await (const piece of client.query(copyTo(`copy (${query}) to stdout (format binary)`)))
      pieces.push(piece);
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    client.release(failure !== undefined);
  }
  return unwrap(pieces, size);
}

/** Cuts the frame off without copying what is in it. */
function unwrap(pieces: Buffer[], size: number): Buffer[] {
  const total = pieces.reduce((sum, piece) => sum + piece.length, 0);
  if (total !== head + size + tail) {
    throw new BlobStoreError('NOT_FOUND', 'the blob was deleted while it was read');
  }
  let offset = 0;
  return pieces.flatMap((piece) => {
    const from = Math.max(head - offset, 0);
    const to = Math.min(head + size - offset, piece.length);
    offset += piece.length;
    return from < to ? [piece.subarray(from, to)] : [];
  });
}
