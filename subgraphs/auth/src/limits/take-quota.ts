import { GatehouseError } from '@gatehouse/service-kit';
import type { Services } from '../services.ts';

export type Quota = {
  /** What is counted, and for whom: an account, an address as it was typed in, a network (`networkOf`). */
  key: string;
  most: number;
  windowSeconds: number;
  /** What the refusal says. */
  message: string;
};

/** Counts one use, in all processes together; RATE_LIMITED with `retryAfter` past the quota of a window. */
export async function takeQuota({ keyValue }: Pick<Services, 'keyValue'>, quota: Quota): Promise<void> {
  const { key, most, windowSeconds, message } = quota;
  const count = await keyValue.increment(key, { ttlSeconds: windowSeconds });
  if (count > most) throw new GatehouseError('RATE_LIMITED', message, { retryAfter: windowSeconds });
}
