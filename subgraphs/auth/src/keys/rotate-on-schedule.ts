import { newSigningKey } from '../oidc/signing-keys.ts';
import {
  activateKey,
  deleteRetiredKeys,
  findTenantsToRotate,
  insertSigningKey,
  lockDueKeys,
} from '../queries/signing-keys.ts';
import type { Services } from '../services.ts';

const everyMs = 60_000;
const day = 86_400;

/**
 * Takes every key to its next state when its time has come: publish, wait, sign, retire. Any number of processes may do so
 * at once. Providers take the change up within half a minute, and until then sign with a key that is published.
 */
export async function advanceSigningKeys(services: Services): Promise<void> {
  const { database, config } = services;
  const { keyRotationDays, keyPublishWait, keyRetiredTtl } = config;
  if (keyRotationDays > 0) {
    for (const tenantId of await findTenantsToRotate(database.db, keyRotationDays * day)) {
      await insertSigningKey(database.db, { ...(await newSigningKey(services, tenantId)), status: 'next' });
    }
  }
  await database.transaction(async (tx) => {
    for (const key of await lockDueKeys(tx, keyPublishWait)) await activateKey(tx, key);
  });
  await deleteRetiredKeys(database.db, keyRetiredTtl);
}

/** Looks every minute until it is stopped. */
export function startKeyRotation(services: Services) {
  let running: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    running = advanceSigningKeys(services).catch((err: unknown) =>
      services.logger.warn({ err }, 'signing keys were not rotated'),
    );
  }, everyMs).unref();
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
