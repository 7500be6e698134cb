import { isIP } from 'node:net';
import { recordUses } from '../queries/api-keys.ts';
import type { Services } from '../services.ts';

export type KeyUse = { apiKeyId: string; usedAt: Date; ipAddress: string };

/** Notes the last use of keys, each at most once a minute however many gateways tell of it. */
export async function recordApiKeyUses(services: Services, uses: readonly KeyUse[]): Promise<boolean> {
  await recordUses(services.database.db, [
    uses.map(({ apiKeyId }) => apiKeyId),
    uses.map(({ usedAt }) => usedAt.getTime()),
    uses.map(({ ipAddress }) => (isIP(ipAddress) ? ipAddress : null)),
  ]);
  return true;
}
