import type { Executor } from '@gatehouse/data';
import { and, eq, lt } from 'drizzle-orm';
import { type ExternalSession, externalSession } from '../tables/external-session.ts';

type Where = { tenantId: string; sessionId: string };

/** Keeps where somebody came from into a session, in place of where they came from before. */
export async function putExternalSession(
  tx: Executor,
  { providerId, idTokenJwe, ...where }: Where & ExternalSession,
): Promise<void> {
  const set = { providerId, idTokenJwe };
  await tx
    .insert(externalSession)
    .values({ ...where, ...set })
    .onConflictDoUpdate({ target: externalSession.sessionId, set });
}

export async function findExternalSession(
  db: Executor,
  { tenantId, sessionId }: Where,
): Promise<ExternalSession | undefined> {
  const [row] = await db
    .select()
    .from(externalSession)
    .where(and(eq(externalSession.tenantId, tenantId), eq(externalSession.sessionId, sessionId)));
  return row;
}

export async function deleteExternalSessionsBefore(db: Executor, before: Date): Promise<void> {
  await db.delete(externalSession).where(lt(externalSession.createdAt, before));
}
