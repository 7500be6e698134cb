import { newId } from '@gatehouse/data';
import { insertPreparedPassword } from '../queries/credentials.ts';
import type { Services } from '../services.ts';
import type { AboutPerson } from './about-person.ts';
import { acceptablePassword } from './acceptable-password.ts';

/** A day longer than a confirmation code lives. */
const lifetimeMs = 8 * 86_400_000;

/**
 * Hashes a password for a registration under way and answers a reference to the hash, good for 8 days. BAD_USER_INPUT when
 * the tenant's policy refuses it.
 */
export async function preparePassword(
  services: Services,
  { tenantId, password, about }: { tenantId: string; password: string; about: AboutPerson },
): Promise<string> {
  const policy = await services.policies.of(tenantId);
  const passwordHash = await services.passwords.hash(
    await acceptablePassword(services, { policy, password, path: 'password', about }),
  );
  const id = newId();
  await insertPreparedPassword(services.database.db, {
    id,
    passwordHash,
    expiresAt: new Date(Date.now() + lifetimeMs),
  });
  return id;
}
