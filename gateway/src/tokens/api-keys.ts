import type { KeyValue } from '@gatehouse/data';
import type { CallSubgraph } from '@gatehouse/service-kit/subgraph';
import { LRUCache } from 'lru-cache';
import { ApiKeyByHashDocument, type ApiKeyByHashQuery, type ApiKeyRefusal } from '../../generated/calls.ts';
import type { Standing, VerifiedKey } from './identity.ts';

type Answer = NonNullable<ApiKeyByHashQuery['apiKeyByHash']>;

const maxKeys = 10_000;
/** Seconds. */
const sharedLife = 300;

/**
 * API keys, found by their hash. Whose a key is never changes, so it is remembered; what it may do, and whether it stands,
 * is asked anew whenever something about its owner has changed.
 */
export function createApiKeys(keyValue: KeyValue, call: CallSubgraph) {
  const known = new LRUCache<string, VerifiedKey>({ max: maxKeys });
  const finding = new Map<string, Promise<VerifiedKey | null>>();

  const ask = async (hash: string): Promise<Answer | null> =>
    (await call('auth', ApiKeyByHashDocument, { hash })).apiKeyByHash;

  const find = async (hash: string): Promise<VerifiedKey | null> => {
    const sharedKey = `api-key:${hash}`;
    const shared = await keyValue.get(sharedKey);
    if (shared !== undefined) return JSON.parse(shared) as VerifiedKey;
    const answer = await ask(hash);
    if (!answer) return null;
    const { apiKeyId, tenantId, subject, expiresAt } = answer;
    const key: VerifiedKey = {
      kind: 'API key',
      apiKeyId,
      hash,
      host: '',
      tenantId,
      subject,
      sessionId: null,
      expiresAt,
    };
    // Lost, it is asked for again.
    await keyValue.set(sharedKey, JSON.stringify(key), { ttlSeconds: sharedLife }).catch(() => {});
    return key;
  };

  return {
    /** The key with this hash; null when there is none. Asked once for all requests that present it first. */
    async verify(hash: string): Promise<VerifiedKey | null> {
      const seen = known.get(hash);
      if (seen) return seen;
      const running = finding.get(hash) ?? find(hash).finally(() => finding.delete(hash));
      finding.set(hash, running);
      const key = await running;
      if (key) known.set(hash, key);
      return key;
    },
    /** Whom a key stands for now; the reason when it does not. */
    async standing(key: VerifiedKey): Promise<Standing | ApiKeyRefusal> {
      const answer = await ask(key.hash);
      if (!answer) return 'REVOKED';
      if (answer.refusal) return answer.refusal;
      const { apiKeyId, tenantId, userId, clientId, roles, permissions } = answer;
      const { expiresAt, allowedAddresses } = answer;
      const principal = {
        kind: 'api-key',
        apiKeyId,
        tenantId,
        userId,
        clientId,
        roles,
        permissions,
      } as const;
      return { principal, expiresAt, allowedAddresses };
    },
  };
}
