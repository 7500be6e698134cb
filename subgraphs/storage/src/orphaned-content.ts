import type { StorageDeps } from './deps.ts';
import { isId } from './is-id.ts';
import { idsWithContent } from './queries/documents.ts';

/** Compared at a time, once in every round of cleaning. */
const batch = 500;
/** Younger content may belong to a document that is being recorded. */
const minAgeMs = 86_400_000;

/**
 * Compares what the blob store holds with what the database knows, a page at a time, and removes content that belongs to no document: what
 * a restored backup of the database has forgotten. A page of which nothing is known is left alone and logged: it may be another
 * deployment's.
 */
export function createOrphanSweep(
  { database, blobs, logger }: Pick<StorageDeps, 'database' | 'blobs' | 'logger'>,
  options: { minAgeMs?: number } = {},
): () => Promise<void> {
  let after: string | undefined;

  return async () => {
    const createdBefore = new Date(Date.now() - (options.minAgeMs ?? minAgeMs));
    const page = await blobs.list({ after, limit: batch, createdBefore });
    after = page.length < batch ? undefined : page.at(-1);
    const ids = page.filter(isId);
    if (ids.length === 0) return;
    const known = await idsWithContent(database.db, ids);
    const orphans = ids.filter((id) => !known.has(id));
    if (orphans.length === 0) return;
    if (known.size === 0) {
      logger.warn({ orphans: orphans.length }, 'none of the content looked at is known: it is left alone');
      return;
    }
    for (const id of orphans) await blobs.delete(id);
    logger.info({ orphans: orphans.length }, 'content that belongs to no document was removed');
  };
}
