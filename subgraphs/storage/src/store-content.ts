import { BlobStoreError, newId } from '@gatehouse/data';
import { accountKeyOf } from '@gatehouse/identity';
import { GatehouseError } from '@gatehouse/service-kit';
import { checkContent } from './content/check-content.ts';
import { freeingBuffers } from './content/free-buffers.ts';
import type { StorageDeps } from './deps.ts';
import { claimUpload, findUpload, finishUpload, renewLease, reopenUpload } from './queries/uploads.ts';
import type { Document } from './tables/document.ts';
import type { Upload } from './tables/upload.ts';

export type StoredContent = { documentId: string; size: number; sha256: string; contentType: string };

type Deps = Pick<StorageDeps, 'database' | 'blobs' | 'config' | 'logger'>;

/**
 * Takes the content of an announced document, in constant memory. Only one request at a time and only one in the end:
 * NOT_FOUND, CONFLICT for the others. When it fails for whatever reason nothing stays behind and the upload is open again.
 */
export async function storeContent(
  deps: Deps,
  uploadId: string,
  content: { source: AsyncIterable<Buffer>; announcedLength: number | null },
): Promise<StoredContent> {
  const found = await findUpload(deps.database.db, uploadId);
  if (!found || found.document.status === 'deleted') {
    throw new GatehouseError('NOT_FOUND', 'There is no such upload.');
  }
  refuseOtherLength(content.announcedLength, found.document.size);
  const attempt = newId();
  const claim = { attempt, leaseSeconds: deps.config.uploadLeaseSeconds };
  const claimed = await claimUpload(deps.database.db, uploadId, claim);
  if (!claimed) throw new GatehouseError('CONFLICT', 'This upload was used, is being used, or has expired.');

  const held = new AbortController();
  const renewal = setInterval(
    () => {
      renewLease(deps.database.db, uploadId, claim).then(
        (ours) => ours || held.abort(new Error('the upload was taken over')),
        (err: unknown) => deps.logger.warn({ err, upload: uploadId }, 'lease not renewed'),
      );
    },
    (claim.leaseSeconds * 1000) / 3,
  ).unref();
  try {
    // Left by an attempt that died, or lost the store, between storing the content and recording it.
    await deps.blobs.delete(claimed.documentId);
    return await writeAndFinish(deps, claimed, found.document, attempt, {
      source: content.source,
      signal: held.signal,
    });
  } catch (error) {
    await reopenUpload(deps.database.db, uploadId, attempt).catch((err: unknown) => {
      deps.logger.warn({ err, upload: uploadId }, 'an upload stays taken until its lease ends');
    });
    throw error;
  } finally {
    clearInterval(renewal);
  }
}

async function writeAndFinish(
  { database, blobs, config, logger }: Deps,
  claimed: Upload,
  document: Document,
  attempt: string,
  { source, signal }: { source: AsyncIterable<Buffer>; signal: AbortSignal },
): Promise<StoredContent> {
  const { name, size } = document;
  const { documentId } = claimed;
  const check = checkContent(freeingBuffers(source), { name, size, allowedTypes: config.allowedTypes });
  const { sha256 } = await blobs
    .write(documentId, check.chunks(), { maxBytes: size, signal })
    .catch((error: unknown) => {
      throw error instanceof BlobStoreError && error.code === 'EXISTS' ? takenOver() : error;
    });
  // From here on the content is ours: whatever fails takes it away again.
  try {
    if (claimed.expectedSha256 && claimed.expectedSha256 !== sha256) {
      throw new GatehouseError('BAD_USER_INPUT', 'The content does not have the announced SHA-256.', {
        fields: [{ path: 'sha256', message: 'is not that of the bytes sent' }],
      });
    }
    const contentType = check.contentType();
    await database.transaction(async (tx) => {
      if (!(await finishUpload(tx, claimed, attempt, { sha256, contentType }))) throw takenOver();
    });
    await database.noteWrite?.(accountKeyOf(document.tenantId, document.ownerId));
    return { documentId, size, sha256, contentType };
  } catch (error) {
    await blobs.delete(documentId).catch((err: unknown) => {
      logger.warn({ err, document: documentId }, 'content stays until it is swept');
    });
    throw error;
  }
}

const takenOver = () =>
  new GatehouseError('CONFLICT', 'The upload was taken over or its document deleted meanwhile.');

function refuseOtherLength(length: number | null, size: number): void {
  if (length === null || length === size) return;
  if (length > size) {
    throw new GatehouseError('PAYLOAD_TOO_LARGE', `${length} bytes are coming, ${size} were announced.`);
  }
  throw new GatehouseError('BAD_USER_INPUT', `${length} bytes are coming, ${size} were announced.`, {
    fields: [{ path: 'size', message: 'is not the number of bytes sent' }],
  });
}
