import type { Executor } from '@gatehouse/data';
import { loginKey } from './normalise.ts';
import {
  type LoginSubject,
  selectSubjectByEmail,
  selectSubjectById,
  selectSubjectByUsername,
} from './queries/login-subject.ts';

/** Whom an e-mail address or username means in a tenant, in any status but DELETED; null for nobody. */
export async function findLogin(
  db: Executor,
  tenantId: string,
  identifier: string,
): Promise<LoginSubject | null> {
  const by = loginKey(identifier);
  if (!by) return null;
  const select = by.kind === 'email' ? selectSubjectByEmail : selectSubjectByUsername;
  return (await select(db, [tenantId, by.key]))[0] ?? null;
}

/** A person by id; null when deleted. */
export async function loginSubject(db: Executor, userId: string): Promise<LoginSubject | null> {
  return (await selectSubjectById(db, [userId]))[0] ?? null;
}
