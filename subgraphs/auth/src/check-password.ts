import type { Principal } from '@gatehouse/identity';
import { GatehouseError } from '@gatehouse/service-kit';
import { countFailureFrom } from './addresses/count-failure.ts';
import { networkOfAddress } from './addresses/network.ts';
import { sha256 } from './oidc/secrets.ts';
import { fitsBcrypt } from './passwords/password-rules.ts';
import {
  acceptPassword,
  countFailure,
  findAttempted,
  keepFailures,
  replacePassword,
} from './queries/credentials.ts';
import type { NewSecurityEvent, Origin } from './security-events/security-event.ts';
import type { Services } from './services.ts';
import type { Subject } from './subject.ts';
import { inUnitOfWork, RecordedRefusal, type UnitOfWork } from './unit-of-work.ts';

export const invalidCredentials = (): GatehouseError =>
  new GatehouseError('INVALID_CREDENTIALS', 'Sign-in failed.');

/** What `user.security_violation` calls a lock. */
export const accountLocked = 'account_locked';

export type Attempt = {
  tenantId: string;
  /** Undefined when nobody has the identifier; the work is the same. */
  subject: Subject | undefined;
  /** What was typed in for an account. */
  identifier?: string;
  password: string;
  origin: Origin;
  /** Of a device that may be remembered. */
  deviceToken?: string | undefined;
  /** What the security event of a failure says beyond the reason. */
  details?: Record<string, unknown>;
  /** Who is signed in already. */
  by?: Principal;
};

/** How long a place from which somebody has signed in stays familiar. Seconds. */
const familiarFor = 30 * 86_400;

/**
 * Compares a password, always exactly once, and runs `accepted` in the transaction that takes it as good. Failures are
 * counted and lock the account, for strangers and for familiar places apart: who guesses from elsewhere locks nobody out at
 * home. Parallel attempts are put in line by the row, so that no more guesses are looked at than one after the other.
 * INVALID_CREDENTIALS for every reason alike.
 */
export async function checkPassword<T>(
  services: Services,
  attempt: Attempt,
  accepted: (unit: UnitOfWork, passwordHash: string, failures: number) => Promise<T>,
): Promise<T> {
  const { tenantId, subject, password, origin, deviceToken } = attempt;
  const userId = subject?.userId ?? null;
  const [found] = await findAttempted(services.database.db, [
    tenantId,
    userId,
    networkOfAddress(origin.ipAddress ?? ''),
    deviceToken === undefined ? null : sha256(deviceToken),
    familiarFor,
  ]);
  const from = found?.familiar ? 'familiar' : 'strangers';
  const fits = await services.passwords.compare(password, found?.password_hash);
  const right = found !== undefined && fits && fitsBcrypt(password);

  if (right && subject?.status === 'ACTIVE') {
    const outcome = await inUnitOfWork(services, async (unit) => {
      const [row] = await acceptPassword[from](unit.tx, [tenantId, userId, found.password_hash]);
      if (!row) return undefined;
      try {
        return { value: await accepted(unit, found.password_hash, found.failures) };
      } catch (error) {
        if (error instanceof RecordedRefusal) {
          await keepFailures[from](unit.tx, [tenantId, userId, found.failures]);
        }
        throw error;
      }
    });
    if (outcome) {
      await rehash(services, subject.userId, password, found.password_hash);
      return outcome.value;
    }
  }
  await recordFailure(services, attempt, right, from);
  throw invalidCredentials();
}

/** One shape of work for every reason: a counter that may find no row, and a security event. */
async function recordFailure(
  services: Services,
  attempt: Attempt,
  right: boolean,
  from: keyof typeof countFailure,
): Promise<void> {
  const { tenantId, subject, origin, details, by } = attempt;
  const { lockoutAttempts, lockoutSeconds, lockoutMaxSeconds } = services.config;
  await inUnitOfWork(services, async (unit) => {
    // The right password of an account that may not sign in is no guess.
    const counted = right ? null : (subject?.userId ?? null);
    const [row] = await countFailure[from](unit.tx, [
      tenantId,
      counted,
      lockoutAttempts,
      lockoutSeconds,
      lockoutMaxSeconds,
    ]);
    const account = subject?.userId ?? attempt.identifier ?? '';
    if (!by) await countFailureFrom(services, unit, { tenantId, ipAddress: origin.ipAddress ?? '', account });
    const common = { tenantId, userId: subject?.userId ?? null, origin };
    unit.securityEvent({ ...common, ...(by && { by }), type: 'LOGIN_FAILED', details: details ?? {} });
    if (row?.locked_until) {
      await recordLock(unit, {
        ...common,
        type: 'ACCOUNT_LOCKED',
        details: { lockedUntil: row.locked_until },
      });
    }
  });
}

/** The mail about it is sent by the reaction to the event: it survives a crash and takes no time here. */
async function recordLock(
  unit: UnitOfWork,
  event: NewSecurityEvent & { details: { lockedUntil: string } },
): Promise<void> {
  unit.securityEvent(event);
  if (!event.userId) return;
  await unit.event('user.security_violation', event.tenantId, event.userId, {
    userId: event.userId,
    violationType: accountLocked,
    severity: 'high',
    details: { lockedUntil: event.details.lockedUntil },
  });
}

/** After the cost was raised: the password is at hand now. */
async function rehash(services: Services, userId: string, password: string, oldHash: string): Promise<void> {
  if (!services.passwords.isOutdated(oldHash)) return;
  try {
    const newHash = await services.passwords.hash(password);
    await replacePassword(services.database.db, { userId, oldHash, newHash, rehash: true });
  } catch (err) {
    services.logger.warn({ err }, 'a password was not hashed anew');
  }
}
