import type { Executor } from '@gatehouse/data';
import { and, eq, gt, inArray, lt, ne, or, sql } from 'drizzle-orm';
import { type Document, document } from '../tables/document.ts';
import { type Upload, upload } from '../tables/upload.ts';

export async function insertUpload(tx: Executor, row: typeof upload.$inferInsert): Promise<void> {
  await tx.insert(upload).values(row);
}

const lease = (seconds: number) => sql`clock_timestamp() + make_interval(secs => ${seconds})`;
const lapsed = and(eq(upload.state, 'writing'), lt(upload.leaseUntil, sql`clock_timestamp()`));

/** Of any number of requests exactly one gets the upload, unless its holder died or gave it back. */
export async function claimUpload(
  db: Executor,
  id: string,
  claim: { attempt: string; leaseSeconds: number },
): Promise<Upload | undefined> {
  const [row] = await db
    .update(upload)
    .set({ state: 'writing', attempt: claim.attempt, leaseUntil: lease(claim.leaseSeconds) })
    .where(
      and(
        eq(upload.id, id),
        gt(upload.expiresAt, sql`clock_timestamp()`),
        or(eq(upload.state, 'open'), lapsed),
      ),
    )
    .returning();
  return row;
}

const held = (id: string, attempt: string) =>
  and(eq(upload.id, id), eq(upload.attempt, attempt), eq(upload.state, 'writing'));

/** False when somebody else has it. */
export async function renewLease(db: Executor, id: string, claim: { attempt: string; leaseSeconds: number }) {
  const { rowCount } = await db
    .update(upload)
    .set({ leaseUntil: lease(claim.leaseSeconds) })
    .where(held(id, claim.attempt));
  return rowCount === 1;
}

export async function reopenUpload(db: Executor, id: string, attempt: string): Promise<void> {
  await db.update(upload).set({ state: 'open', attempt: null, leaseUntil: null }).where(held(id, attempt));
}

/** Makes the document visible; false, and nothing changed, when the upload is no longer ours or the document is gone. */
export async function finishUpload(
  tx: Executor,
  { id, documentId }: Upload,
  attempt: string,
  content: { sha256: string; contentType: string },
): Promise<boolean> {
  const done = await tx.update(upload).set({ state: 'done', leaseUntil: null }).where(held(id, attempt));
  if (done.rowCount !== 1) return false;
  const stored = await tx
    .update(document)
    .set({ ...content, status: 'stored', storedAt: sql`now()` })
    .where(and(eq(document.id, documentId), eq(document.status, 'pending')));
  return stored.rowCount === 1;
}

export async function findUpload(
  db: Executor,
  id: string,
): Promise<{ upload: Upload; document: Document } | undefined> {
  const [row] = await db
    .select()
    .from(upload)
    .innerJoin(document, eq(document.id, upload.documentId))
    .where(eq(upload.id, id));
  return row;
}

/** Uploads that expired and that nobody writes any more. */
export const expiredUploads = (db: Executor, limit: number): Promise<Upload[]> =>
  db
    .select()
    .from(upload)
    .where(and(lt(upload.expiresAt, sql`now()`), or(ne(upload.state, 'writing'), lapsed)))
    .limit(limit);

/** Forgets expired uploads, and with them documents that never came. */
export async function forgetUploads(tx: Executor, uploads: readonly Upload[]): Promise<void> {
  const ids = uploads.map(({ id }) => id);
  const documentIds = uploads.map(({ documentId }) => documentId);
  if (ids.length === 0) return;
  await tx.delete(upload).where(inArray(upload.id, ids));
  await tx.delete(document).where(and(inArray(document.id, documentIds), eq(document.status, 'pending')));
}
