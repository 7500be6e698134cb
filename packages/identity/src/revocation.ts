import { randomUUID } from 'node:crypto';
import type { KeyValue, PubSub } from '@gatehouse/data';

/** What every gateway drops from its caches, within a second. */
export type Revocation = {
  userId: string;
  /** One session of the user, else all. */
  sessionId?: string;
  /** The session is over; without it only what is known about the user has changed (roles, status). */
  ended: boolean;
  /** It is no user but an identity provider that has changed. */
  isProvider?: true;
  /** The store that gateways share could not take note of it: what it keeps is not to be believed. */
  isUnshared?: true;
};

export const revocationChannel = 'revocation';

/** Keys under which a principal computed for a session is shared between gateways. */
export const principalKey = (userId: string, sessionId: string) => `principal:{${userId}}:${sessionId}`;
export const generationKey = (userId: string) => `generation:{${userId}}`;

/** Longer than any access token lives, so that no cached principal outlasts its generation. Seconds. */
export const generationTtl = 86_400;

/**
 * Makes every principal cached for the user out of date (a new generation) and tells the gateways. Call it after the
 * change is committed. A store that takes no writes (its disk is full) is told of, and thrown, once the gateways know.
 */
export async function revoke(
  ports: { keyValue: KeyValue; pubSub: PubSub },
  revocation: Revocation,
): Promise<void> {
  try {
    await ports.keyValue.set(generationKey(revocation.userId), randomUUID(), { ttlSeconds: generationTtl });
  } catch (error) {
    await ports.pubSub.publish(revocationChannel, { ...revocation, isUnshared: true } satisfies Revocation);
    throw error;
  }
  await ports.pubSub.publish(revocationChannel, revocation);
}
