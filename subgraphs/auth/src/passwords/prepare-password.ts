import { newId } from '@gatehouse/data';
import { insertPreparedPassword } from '../queries/credentials.ts';
import type { Services } from '../services.ts';
import { readPassword } from './password-rules.ts';

/** A day longer than a confirmation code lives. */
const lifetimeMs = 8 * 86_400_000;

/** Hashes a password for a registration under way and answers a reference to the hash, good for 8 days. */
export async function preparePassword(services: Services, password: string): Promise<string> {
  const passwordHash = await services.passwords.hash(readPassword(services.config, password, 'password'));
  const id = newId();
  await insertPreparedPassword(services.database.db, {
    id,
    passwordHash,
    expiresAt: new Date(Date.now() + lifetimeMs),
  });
  return id;
}
