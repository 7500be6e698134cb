import type { ApiKeyRefusal } from '../../generated/resolvers.ts';
import { originOf } from '../origin.ts';
import { findApiKeyOwner } from '../queries/api-keys.ts';
import type { Services } from '../services.ts';
import { inUnitOfWork } from '../unit-of-work.ts';

/** One event a minute for each key and reason: who tries a key again and again does not fill the list. */
const onceSeconds = 60;

export type KeyRefusal = {
  apiKeyId: string;
  tenantId: string;
  reason: ApiKeyRefusal;
  ipAddress: string;
  userAgent?: string | null;
};

/** A key that is known was presented and refused: its owner sees it among their security events. */
export async function recordApiKeyRefusal(services: Services, refusal: KeyRefusal): Promise<boolean> {
  const { apiKeyId, tenantId, reason, ipAddress } = refusal;
  const mark = `api-key-refused:${apiKeyId}:${reason}`;
  if (!(await services.keyValue.setIfAbsent(mark, '1', { ttlSeconds: onceSeconds }))) return true;
  const key = await findApiKeyOwner(services.database.db, tenantId, apiKeyId);
  if (!key) return true;
  await inUnitOfWork(services, async (unit) => {
    unit.securityEvent({
      tenantId,
      type: 'API_KEY_REFUSED',
      userId: key.userId,
      origin: originOf({ ipAddress, userAgent: refusal.userAgent ?? null, host: '' }),
      details: { apiKeyId, name: key.name, reason },
    });
  });
  return true;
}
