import { addAbortSignal, Readable } from 'node:stream';
import type { Logger } from '@gatehouse/service-kit';
import { Binary, type ObjectId, type WithId } from 'mongodb';
import { type BlobStore, BlobStoreError, resolveRange } from '../blob-store/blob-store.ts';
import { chunkBytes, chunker } from '../blob-store/chunks.ts';
import { repeat } from '../repeat.ts';
import { openMongo } from './connection.ts';
import { createIndexes, type FileDocument, filesOf, isDuplicate, newFile, orUnavailable } from './files.ts';
import { readChunks } from './read-chunks.ts';
import { sweepFiles } from './sweep.ts';

/** How often a write gives a sign of life while its source is slow. */
const touchMs = 10_000;

/**
 * The blob port over GridFS's collections in MongoDB. Every write is acknowledged by a majority; a chunk is on its way at a
 * time, so that memory stays constant. What a crash leaves behind is removed every `sweepEveryMs` (5 min).
 */
export function openMongoBlobStore(options: {
  url: string;
  logger: Logger;
  sweepEveryMs?: number;
}): BlobStore & { check(): Promise<void> } {
  const { database, check, close } = openMongo(options);
  const collections = filesOf(database);
  const { files, chunks } = collections;
  let indexed: Promise<void> | undefined;

  const withIndexes = (): Promise<void> => {
    indexed ??= createIndexes(collections).catch((error: unknown) => {
      indexed = undefined;
      throw error;
    });
    return indexed;
  };
  const sweeping = repeat(options.sweepEveryMs ?? 300_000, () =>
    withIndexes().then(() => sweepFiles(collections)),
  );

  const find = (filename: string): Promise<WithId<FileDocument> | null> =>
    orUnavailable(() => files.findOne({ filename, 'metadata.state': 'done' }));

  async function discard(id: ObjectId): Promise<void> {
    await chunks.deleteMany({ files_id: id });
    await files.deleteOne({ _id: id });
  }

  /** Fails when a sweep has taken what is being written. */
  async function update(id: ObjectId, values: Record<string, unknown>): Promise<void> {
    const { matchedCount } = await orUnavailable(() =>
      files.updateOne({ _id: id, 'metadata.state': 'writing' }, { $set: values }),
    );
    if (matchedCount !== 1) throw new Error('the write was abandoned for too long');
  }

  async function writeChunks(id: ObjectId, source: Readable, maxBytes: number) {
    // Not destroyed when we stop early: an HTTP request must still be answered.
    const { chunks: pieces, result } = chunker(source.iterator({ destroyOnReturn: false }), maxBytes);
    let touchedAt = Date.now();
    let n = 0;
    for await (const piece of pieces()) {
      const chunk = { files_id: id, n: n++, data: new Binary(piece) };
      await orUnavailable(() => chunks.insertOne(chunk));
      if (Date.now() - touchedAt < touchMs) continue;
      await update(id, { 'metadata.touchedAt': new Date() });
      touchedAt = Date.now();
    }
    return result();
  }

  return {
    check,
    async write(filename, source, { maxBytes, signal }) {
      const readable = source instanceof Readable ? source : Readable.from(source, { objectMode: false });
      const id = await orUnavailable(async () => {
        await withIndexes();
        return (await files.insertOne(newFile(filename))).insertedId;
      });
      try {
        if (signal) addAbortSignal(signal, readable);
        const { size, sha256 } = await writeChunks(id, readable, maxBytes);
        await update(id, {
          length: size,
          uploadDate: new Date(),
          'metadata.state': 'done',
          'metadata.sha256': sha256,
        });
        return { size, sha256 };
      } catch (error) {
        // What a lost server keeps of it, the sweep removes.
        if (error instanceof BlobStoreError && error.code === 'UNAVAILABLE') throw error;
        await discard(id).catch(() => {});
        if (isDuplicate(error)) throw new BlobStoreError('EXISTS', `blob "${filename}" exists`);
        throw error;
      }
    },
    async read(filename, range) {
      const file = await find(filename);
      if (!file) throw new BlobStoreError('NOT_FOUND', `blob "${filename}" does not exist`);
      const { start, length } = resolveRange(file.length, range);
      return Readable.from(readChunks(chunks, file, start, length), {
        objectMode: false,
        highWaterMark: chunkBytes,
      });
    },
    async stat(filename) {
      const file = await find(filename);
      return file
        ? { size: file.length, sha256: file.metadata.sha256 ?? '', createdAt: file.uploadDate }
        : undefined;
    },
    delete: (filename) =>
      orUnavailable(async () => {
        // Unseen first: whatever is left after that, the sweep finds by its mark.
        const file = await files.findOneAndUpdate(
          { filename, 'metadata.state': 'done' },
          { $set: { 'metadata.state': 'deleted', 'metadata.touchedAt': new Date() } },
        );
        if (file) await discard(file._id);
        return file !== null;
      }),
    list: ({ after, limit, createdBefore }) =>
      orUnavailable(async () => {
        const found = files
          .find({
            'metadata.state': 'done',
            filename: { $gt: after ?? '' },
            uploadDate: { $lt: createdBefore },
          })
          .sort({ filename: 1 })
          .limit(limit)
          .project<{ filename: string }>({ filename: 1 });
        return (await found.toArray()).map(({ filename: name }) => name);
      }),
    async close() {
      await sweeping.stop();
      await close();
    },
  };
}
