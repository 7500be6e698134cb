import { type Executor, keyset, type Page, type Reader } from '@gatehouse/data';
import {
  and,
  arrayContains,
  count,
  eq,
  ilike,
  inArray,
  isNull,
  lt,
  ne,
  or,
  type SQL,
  sql,
  sum,
} from 'drizzle-orm';
import { type Document, document } from '../tables/document.ts';
import { upload } from '../tables/upload.ts';

/** Which stored documents a caller may see: those of the tenant, or only one owner's. */
export type Visible = { tenantId: string; ownerId: string | null };
export type DocumentFilter = {
  kind?: string | null;
  tag?: string | null;
  name?: string | null;
  ownerId?: string | null;
};
export type DocumentCursor = { id: string };

const seen = ({ tenantId, ownerId }: Visible): SQL | undefined =>
  and(
    eq(document.tenantId, tenantId),
    ownerId === null ? undefined : eq(document.ownerId, ownerId),
    eq(document.status, 'stored'),
  );

export const documentsById = (db: Executor, visible: Visible, ids: readonly string[]): Promise<Document[]> =>
  db
    .select()
    .from(document)
    .where(and(seen(visible), inArray(document.id, [...ids])));

/** Whatever its state: for signed URLs, which name one document. */
export async function storedDocument(db: Executor, id: string): Promise<Document | undefined> {
  const [row] = await db
    .select()
    .from(document)
    .where(and(eq(document.id, id), eq(document.status, 'stored')));
  return row;
}

const likeText = (text: string): string => `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`;

export function pageOfDocuments(
  db: Reader,
  visible: Visible,
  filter: DocumentFilter,
  page: Page<DocumentCursor>,
): Promise<Document[]> {
  // Ids sort by the time they were made.
  const { where, orderBy, limit } = keyset(page, [document.id], ({ id }) => [id], 'desc');
  return db
    .select()
    .from(document)
    .where(
      and(
        seen(visible),
        filter.ownerId == null ? undefined : eq(document.ownerId, filter.ownerId),
        filter.kind == null ? undefined : eq(document.kind, filter.kind),
        filter.tag == null ? undefined : arrayContains(document.tags, [filter.tag]),
        filter.name == null ? undefined : ilike(document.name, likeText(filter.name)),
        where,
      ),
    )
    .orderBy(...orderBy)
    .limit(limit);
}

/** Makes announcements of one user wait for each other until the transaction ends. */
export async function lockUsage(tx: Executor, ownerId: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`storage usage ${ownerId}`}, 0))`);
}

/** What a user's documents take, announced ones included, and how many of them are only announced. */
export async function usageOf(tx: Executor, tenantId: string, ownerId: string) {
  const [row] = await tx
    .select({
      bytes: sum(document.size).mapWith(Number),
      open: count(sql`case when ${document.status} = 'pending' then 1 end`),
    })
    .from(document)
    .where(
      and(eq(document.tenantId, tenantId), eq(document.ownerId, ownerId), ne(document.status, 'deleted')),
    );
  return { bytes: row?.bytes ?? 0, open: row?.open ?? 0 };
}

export async function insertDocument(tx: Executor, row: typeof document.$inferInsert): Promise<void> {
  await tx.insert(document).values(row);
}

/** Marks a document as deleted unless it is set aside for somebody right now; undefined when there was none to mark. */
export async function markDeleted(db: Executor, where: { id: string; tenantId: string }) {
  const [row] = await db
    .update(document)
    .set({ status: 'deleted', deletedAt: sql`now()` })
    .where(
      and(
        eq(document.id, where.id),
        eq(document.tenantId, where.tenantId),
        ne(document.status, 'deleted'),
        or(isNull(document.reservedUntil), lt(document.reservedUntil, sql`now()`)),
      ),
    )
    .returning({ id: document.id });
  return row;
}

/** The document in any state but deleted. */
export async function existingDocument(
  db: Executor,
  where: { id: string; tenantId: string },
): Promise<Document | undefined> {
  const [row] = await db
    .select()
    .from(document)
    .where(
      and(eq(document.id, where.id), eq(document.tenantId, where.tenantId), ne(document.status, 'deleted')),
    );
  return row;
}

/** Deleted documents whose content may go now. */
export async function contentToRemove(db: Executor, keepSeconds: number, limit: number): Promise<string[]> {
  const rows = await db
    .select({ id: document.id })
    .from(document)
    .where(
      and(
        eq(document.status, 'deleted'),
        isNull(document.contentRemovedAt),
        lt(document.deletedAt, sql`now() - make_interval(secs => ${keepSeconds})`),
        // A request may still be writing to a document deleted meanwhile; it removes its content itself.
        sql`not exists (select 1 from ${upload} where ${upload.documentId} = ${document.id}
          and ${upload.state} = 'writing' and ${upload.leaseUntil} > now())`,
      ),
    )
    .limit(limit);
  return rows.map(({ id }) => id);
}

/** Those of the ids whose content should be there, or may yet come. */
export async function idsWithContent(db: Executor, ids: readonly string[]): Promise<Set<string>> {
  const rows = await db
    .select({ id: document.id })
    .from(document)
    .where(and(inArray(document.id, [...ids]), isNull(document.contentRemovedAt)));
  return new Set(rows.map(({ id }) => id));
}

export async function recordContentRemoved(db: Executor, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await db
    .update(document)
    .set({ contentRemovedAt: sql`now()` })
    .where(inArray(document.id, [...ids]));
}
