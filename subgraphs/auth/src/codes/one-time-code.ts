import { GatehouseError } from '@gatehouse/service-kit';
import { z } from 'zod';
import type { AuthDeps } from '../deps.ts';
import { deriveKey, hmac, sha256 } from '../oidc/secrets.ts';
import { consumeCode, findCode, putCode } from '../queries/one-time-codes.ts';
import type { CodePurpose } from '../tables/one-time-code.ts';
import type { UnitOfWork } from '../unit-of-work.ts';

type CodeDeps = Pick<AuthDeps, 'database' | 'keyValue' | 'config'>;

export type CodeHolder = { userId: string; tenantId: string };

const holderShape = z.object({ userId: z.string(), tenantId: z.string() });
const cacheKey = (purpose: CodePurpose, codeHash: string) => `code:${purpose}:${codeHash}`;

const lifetime = (deps: CodeDeps, purpose: CodePurpose): number =>
  purpose === 'confirm' ? deps.config.confirmationTtl : deps.config.passwordResetTtl;

/** Until when a code issued now is good. */
export const codeExpiry = (deps: CodeDeps, purpose: CodePurpose, from = Date.now()): Date =>
  new Date(from + lifetime(deps, purpose) * 1000);

/**
 * The code of a mailed link, in place of any older one. It is derived from what caused it (an event, a request): doing it
 * again after a crash gives the same code, and so the same mail. Only its hash is stored.
 */
export async function issueCode(
  deps: CodeDeps,
  unit: UnitOfWork,
  values: CodeHolder & { purpose: CodePurpose; cause: string; issuedAt: Date },
): Promise<{ code: string; expiresAt: Date }> {
  const { purpose, userId, tenantId } = values;
  const code = hmac(deriveKey(deps.config.secret, 'one-time codes'), `${purpose}|${values.cause}`);
  const codeHash = sha256(code);
  const expiresAt = codeExpiry(deps, purpose, values.issuedAt.getTime());
  await putCode(unit.tx, { userId, purpose, tenantId, codeHash, expiresAt });
  const ttlSeconds = (expiresAt.getTime() - Date.now()) / 1000;
  if (ttlSeconds > 0) {
    unit.afterCommit(() =>
      deps.keyValue.set(cacheKey(purpose, codeHash), JSON.stringify({ userId, tenantId }), { ttlSeconds }),
    );
  }
  return { code, expiresAt };
}

export const invalidCode = (): GatehouseError =>
  new GatehouseError('INVALID_CODE', 'The code is unknown, used, replaced or expired.');

/** What a code looks like; anything else is not looked up. */
const codeShape = /^[A-Za-z0-9_-]{43}$/;

/** Whose code this is, without using it. INVALID_CODE when it is not good. */
export async function lookUpCode(deps: CodeDeps, purpose: CodePurpose, code: string): Promise<CodeHolder> {
  if (!codeShape.test(code)) throw invalidCode();
  const codeHash = sha256(code);
  const cached = await deps.keyValue.get(cacheKey(purpose, codeHash));
  const holder = cached
    ? holderShape.parse(JSON.parse(cached))
    : await findCode(deps.database.db, purpose, codeHash);
  if (!holder) throw invalidCode();
  return { userId: holder.userId, tenantId: holder.tenantId };
}

/** Uses a code up, in the transaction of what it allows; the table decides, whatever a cache says. */
export async function useCode(
  deps: CodeDeps,
  unit: UnitOfWork,
  purpose: CodePurpose,
  code: string,
): Promise<void> {
  const codeHash = sha256(code);
  if (!(await consumeCode(unit.tx, purpose, codeHash))) {
    await deps.keyValue.delete([cacheKey(purpose, codeHash)]).catch(() => {});
    throw invalidCode();
  }
  unit.afterCommit(() => deps.keyValue.delete([cacheKey(purpose, codeHash)]));
}
