import type { Readable } from 'node:stream';

export type StoredBlob = { size: number; sha256: string; createdAt: Date };
/** Byte positions as in an HTTP range: both ends included; `end` is the last byte unless given. */
export type BlobRange = { start: number; end?: number };

/**
 * Contents of documents, streamed in constant memory. An id is written once; a blob is visible when it is complete. Every call
 * may fail with BlobStoreError `UNAVAILABLE` while the engine is lost; what was being written is then removed later.
 */
export interface BlobStore {
  /**
   * Stores all of `source`. BlobStoreError `TOO_LARGE` past `maxBytes`, `EXISTS` for a taken id; when it fails for
   * these or any other reason nothing stays behind.
   */
  write(
    id: string,
    source: Readable | AsyncIterable<Uint8Array>,
    options: { maxBytes: number; signal?: AbortSignal },
  ): Promise<{ size: number; sha256: string }>;
  /** The bytes, read as the consumer takes them. BlobStoreError `NOT_FOUND`, `RANGE` when `start` is past the end. */
  read(id: string, range?: BlobRange): Promise<Readable>;
  stat(id: string): Promise<StoredBlob | undefined>;
  /** False when there was none. */
  delete(id: string): Promise<boolean>;
  /** The first ids after `after`, in the store's own order, of blobs older than `createdBefore`: to compare with what should be there. */
  list(options: { after?: string; limit: number; createdBefore: Date }): Promise<string[]>;
  close(): Promise<void>;
}

export type BlobStoreErrorCode = 'TOO_LARGE' | 'EXISTS' | 'NOT_FOUND' | 'RANGE' | 'UNAVAILABLE';

export class BlobStoreError extends Error {
  override name = 'BlobStoreError';
  readonly code: BlobStoreErrorCode;

  constructor(code: BlobStoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The part of a blob of `size` bytes that a range asks for: first byte and number of bytes. */
export function resolveRange(size: number, range: BlobRange | undefined): { start: number; length: number } {
  const start = range?.start ?? 0;
  const end = Math.min(range?.end ?? size - 1, size - 1);
  if (range && (start < 0 || start >= size || end < start)) {
    throw new BlobStoreError('RANGE', `bytes ${start}-${range.end ?? ''} of ${size} can't be read`);
  }
  return { start, length: end - start + 1 };
}
