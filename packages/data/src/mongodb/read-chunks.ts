import type { Collection, WithId } from 'mongodb';
import { BlobStoreError } from '../blob-store/blob-store.ts';
import { type ChunkDocument, type FileDocument, orUnavailable } from './files.ts';

/** Chunks asked for at once, 512 KiB: few round trips, and no cursor is held open while the consumer is slow. */
const chunksPerRead = 2;

/** The bytes of a file from `start` on. NOT_FOUND when it was deleted meanwhile. */
export async function* readChunks(
  chunks: Collection<ChunkDocument>,
  { _id, chunkSize }: WithId<FileDocument>,
  start: number,
  length: number,
): AsyncGenerator<Buffer> {
  const end = start + length;
  for (let from = start; from < end; ) {
    const first = Math.floor(from / chunkSize);
    const last = Math.min(first + chunksPerRead - 1, Math.floor((end - 1) / chunkSize));
    const found = await orUnavailable(() =>
      chunks
        .find({ files_id: _id, n: { $gte: first, $lte: last } })
        .sort({ n: 1 })
        .toArray(),
    );
    for (let n = first; n <= last; n++) {
      const chunk = found[n - first];
      const offset = n * chunkSize;
      const size = Math.min(end, offset + chunkSize) - from;
      const bytes = chunk?.n === n ? bytesOf(chunk).subarray(from - offset, from - offset + size) : undefined;
      if (bytes?.length !== size) {
        throw new BlobStoreError('NOT_FOUND', 'the blob was deleted while it was read');
      }
      yield bytes;
      from += size;
    }
  }
}

const bytesOf = ({ data }: ChunkDocument): Buffer =>
  Buffer.from(data.buffer.buffer, data.buffer.byteOffset, data.position);
