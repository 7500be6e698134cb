import { createHash } from 'node:crypto';
import { BlobStoreError } from './blob-store.ts';

export const chunkBytes = 256 * 1024;

/**
 * Cuts a stream into chunks of 256 KiB, hashing and counting as they pass. One buffer serves all chunks: each must be
 * done with before the next is asked for.
 */
export function chunker(source: AsyncIterable<Uint8Array>, maxBytes: number) {
  const hash = createHash('sha256');
  let size = 0;

  async function* chunks(): AsyncGenerator<Buffer> {
    const chunk = Buffer.allocUnsafeSlow(chunkBytes);
    let filled = 0;
    for await (const bytes of source) {
      size += bytes.length;
      if (size > maxBytes) throw new BlobStoreError('TOO_LARGE', `more than ${maxBytes} bytes`);
      hash.update(bytes);
      for (let from = 0; from < bytes.length; ) {
        const part = bytes.subarray(from, from + chunkBytes - filled);
        chunk.set(part, filled);
        filled += part.length;
        from += part.length;
        if (filled === chunkBytes) {
          yield chunk;
          filled = 0;
        }
      }
    }
    if (filled > 0) yield chunk.subarray(0, filled);
  }

  return { chunks, result: () => ({ size, sha256: hash.digest('hex') }) };
}
