import { newSigningKey } from '../oidc/signing-keys.ts';
import { findSigningKeys, insertSigningKey } from '../queries/signing-keys.ts';
import type { NewSecurityEvent } from '../security-events/security-event.ts';
import type { Services } from '../services.ts';
import { inUnitOfWork } from '../unit-of-work.ts';

type Deps = Pick<Services, 'database' | 'keyValue' | 'pubSub' | 'logger' | 'metrics' | 'config'>;
export type NextKey = { keyId: string; signsFrom: Date };

/** Publishes a tenant's next key, unless there is one; answers which, and from when it signs. `told`: who does so. */
export async function publishNextKey(
  deps: Deps,
  tenantId: string,
  told: Pick<NewSecurityEvent, 'by' | 'origin' | 'userId' | 'details'>,
): Promise<NextKey> {
  const key = await newSigningKey(deps, tenantId);
  return inUnitOfWork(deps, async (unit) => {
    await insertSigningKey(unit.tx, { ...key, status: 'next' });
    const next = (await findSigningKeys(unit.tx, tenantId)).find(({ status }) => status === 'next');
    if (!next) throw new Error('the next key has just become the active one');
    if (next.kid === key.kid) {
      const details = { keyId: key.kid, ...told.details };
      unit.securityEvent({ ...told, tenantId, type: 'SIGNING_KEYS_ROTATED', details });
    }
    const signsFrom = new Date(next.statusAt.getTime() + deps.config.keyPublishWait * 1000);
    return { keyId: next.kid, signsFrom };
  });
}
