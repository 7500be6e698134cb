import type { Executor } from '@gatehouse/data';
import { and, eq, isNull } from 'drizzle-orm';
import { loginKey } from './normalise.ts';
import { type LoginSubject, selectLoginSubject } from './queries/login-subject.ts';
import { users } from './tables/index.ts';

/** Whom an e-mail address or username means in a tenant, in any status but DELETED; null for nobody. */
export async function findLogin(
  db: Executor,
  tenantId: string,
  identifier: string,
): Promise<LoginSubject | null> {
  const by = loginKey(identifier);
  if (!by) return null;
  const column = by.kind === 'email' ? users.emailKey : users.usernameKey;
  return await selectLoginSubject(
    db,
    and(eq(users.tenantId, tenantId), eq(column, by.key), isNull(users.deletedAt)),
  );
}

/** A person by id; null when deleted. */
export async function loginSubject(db: Executor, userId: string): Promise<LoginSubject | null> {
  return await selectLoginSubject(db, and(eq(users.id, userId), isNull(users.deletedAt)));
}
