import type { KeyValue } from '@gatehouse/data';
import { generationKey, principalKey } from '@gatehouse/identity';
import type { Standing, Verified } from './identity.ts';

/** How long one gateway's answer serves the others. Seconds. */
const maxLife = 300;

type Entry = { generation: string; standing: Standing };

/**
 * Whom a genuine token or key stands for, by the cache that the gateways share, else by who can be asked. An entry is
 * believed while its generation is the user's: a revocation during the question makes a new generation, so that what was
 * answered before it is never believed after it.
 */
export function createSharedStandings(keyValue: KeyValue) {
  return async <No>(token: Verified, ask: () => Promise<Standing | No>): Promise<Standing | No> => {
    // By token, not by session: one token of a session can be revoked alone (RFC 7009).
    const own = token.kind === 'API key' ? token.hash : token.jti;
    const key = `${principalKey(token.subject, token.sessionId ?? '')}:${own}`.slice(0, 500);
    const [generation = '0', shared] = await keyValue.getMany([generationKey(token.subject), key]);
    const known = shared === undefined ? undefined : (JSON.parse(shared) as Partial<Entry>);
    const isCurrent = known?.generation === generation;
    if (isCurrent && known.standing && known.standing.expiresAt * 1000 > Date.now()) return known.standing;

    const answer = await ask();
    if (!isStanding(answer)) return answer;
    const left = answer.expiresAt - Date.now() / 1000;
    if (left > 1) {
      const entry: Entry = { generation, standing: answer };
      await keyValue.set(key, JSON.stringify(entry), { ttlSeconds: Math.min(left, maxLife) });
    }
    return answer;
  };
}

export const isStanding = <No>(answer: Standing | No): answer is Standing =>
  typeof answer === 'object' && answer !== null && 'principal' in answer;
