import {
  type Binary,
  type Collection,
  type Db,
  MongoError,
  MongoNetworkError,
  MongoServerError,
} from 'mongodb';
import { BlobStoreError } from '../blob-store/blob-store.ts';
import { chunkBytes } from '../blob-store/chunks.ts';

/** GridFS's layout (files and chunks), so that any tool for it reads what lies here. */
export const bucketName = 'documents';

export type FileDocument = {
  filename: string;
  length: number;
  chunkSize: number;
  uploadDate: Date;
  metadata: {
    /** Only what is done is seen; the rest is being written, or to be swept. */
    state: 'writing' | 'done' | 'deleted';
    touchedAt: Date;
    sha256?: string;
  };
};

export type ChunkDocument = { files_id: unknown; n: number; data: Binary };

export type Files = { files: Collection<FileDocument>; chunks: Collection<ChunkDocument> };

export const filesOf = (database: Db): Files => ({
  files: database.collection(`${bucketName}.files`),
  chunks: database.collection(`${bucketName}.chunks`),
});

export const newFile = (filename: string): FileDocument => ({
  filename,
  length: 0,
  chunkSize: chunkBytes,
  uploadDate: new Date(),
  metadata: { state: 'writing', touchedAt: new Date() },
});

/** GridFS's own indexes, and ours: a name is given once among what is done. */
export async function createIndexes({ files, chunks }: Files): Promise<void> {
  await chunks.createIndex({ files_id: 1, n: 1 }, { unique: true });
  await files.createIndex({ filename: 1, uploadDate: 1 });
  await files.createIndex(
    { filename: 1 },
    { name: 'filename_once', unique: true, partialFilterExpression: { 'metadata.state': 'done' } },
  );
  await files.createIndex({ 'metadata.state': 1, 'metadata.touchedAt': 1 });
}

export const isDuplicate = (error: unknown): boolean =>
  error instanceof MongoServerError && error.code === 11_000;

/** Of a server whose disk is full, or nearly so: OutOfDiskSpace. */
const outOfDiskSpace = 14_031;

/** Whether the server is lost, and not the request at fault. The driver lets some errors of its sockets through as they are. */
const isLoss = (error: unknown): boolean =>
  error instanceof MongoNetworkError ||
  (error instanceof Error && 'syscall' in error) ||
  (error instanceof MongoServerError && error.code === outOfDiskSpace) ||
  (error instanceof MongoError &&
    (error.hasErrorLabel('RetryableWriteError') ||
      /^Mongo(ServerSelection|ServerClosed|StalePrimary|Topology|Pool|WaitQueue|WriteConcern|NotConnected|ClientClosed)/.test(
        error.name,
      )));

/** Runs operations of the driver, and nothing else; BlobStoreError `UNAVAILABLE` when the server is lost. */
export async function orUnavailable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isLoss(error)) throw error;
    throw new BlobStoreError('UNAVAILABLE', 'MongoDB does not answer', { cause: error });
  }
}
