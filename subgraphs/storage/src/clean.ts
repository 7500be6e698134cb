import { type Repetition, repeat } from '@gatehouse/data';
import type { StorageDeps } from './deps.ts';
import { createOrphanSweep } from './orphaned-content.ts';
import { contentToRemove, recordContentRemoved } from './queries/documents.ts';
import { expiredUploads, forgetUploads } from './queries/uploads.ts';

const batch = 50;

type Deps = Pick<StorageDeps, 'database' | 'blobs' | 'config' | 'logger'>;

/** Regularly removes what nobody can reach any more, some at a time. */
export function startCleaning(deps: Deps): Repetition {
  const removeOrphans = createOrphanSweep(deps);
  return repeat(deps.config.cleanEveryMs, async () => {
    try {
      await forgetExpiredUploads(deps);
      await removeDeletedContent(deps);
      await removeOrphans();
    } catch (err) {
      deps.logger.warn({ err }, 'storage was not cleaned, trying again later');
    }
  });
}

/** Uploads that expired, with the documents that never came and content that a crash left unrecorded. */
export async function forgetExpiredUploads({ database, blobs }: Deps): Promise<void> {
  for (;;) {
    const expired = await expiredUploads(database.db, batch);
    for (const { state, documentId } of expired) if (state !== 'done') await blobs.delete(documentId);
    await database.transaction((tx) => forgetUploads(tx, expired));
    if (expired.length < batch) return;
  }
}

/** Content of documents deleted long enough ago. */
export async function removeDeletedContent({ database, blobs, config }: Deps): Promise<void> {
  for (;;) {
    const ids = await contentToRemove(database.db, config.keepDeletedSeconds, batch);
    for (const id of ids) await blobs.delete(id);
    await recordContentRemoved(database.db, ids);
    if (ids.length < batch) return;
  }
}
