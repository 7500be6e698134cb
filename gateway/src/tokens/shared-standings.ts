import { randomUUID } from 'node:crypto';
import type { KeyValue } from '@gatehouse/data';
import { generationKey, generationTtl, principalKey } from '@gatehouse/identity';
import type { Logger } from '@gatehouse/service-kit';
import { dependsOn, type Standing, type Verified } from './identity.ts';

/** How long one gateway's answer serves the others. Seconds. */
const maxLife = 300;
/** Of everything that is shared; a new one makes all of it worthless. */
const epochKey = 'principal-epoch';
const retryMs = 500;

type Version = { epoch: string; generation: string };
type Entry = Version & { standing: Standing };

/**
 * Whom a genuine token or key stands for, by the cache that the gateways share, else by who can be asked. An entry is
 * believed while its generation is that of the user, and of the provider whose token it is: a revocation during the question makes a new generation, so that what was
 * answered before it is never believed after it. A generation that is missing is made, never assumed.
 *
 * A store that forgets may have missed a revocation while it was lost. It is not believed until it is back, and then nothing that it
 * kept from before: whoever heard of the loss renews the epoch.
 */
export function createSharedStandings(keyValue: KeyValue, logger: Logger) {
  let believed = !keyValue.forgets;
  let wasLost = false;
  let connection = 0;

  const renewEpoch = async (current: number): Promise<void> => {
    while (connection === current) {
      try {
        await keyValue.set(epochKey, randomUUID());
        if (connection === current) believed = true;
        return;
      } catch (err) {
        logger.debug({ err }, 'the shared cache is not believed yet');
        await new Promise((resolve) => setTimeout(resolve, retryMs).unref());
      }
    }
  };

  /** The value of a key, made when there is none; undefined when the store is lost. */
  const made = async (key: string, ttlSeconds?: number): Promise<string | undefined> => {
    const value = randomUUID();
    return (await keyValue.setIfAbsent(key, value, { ttlSeconds })) ? value : await keyValue.get(key);
  };

  const madeAll = async (keys: readonly string[]): Promise<string | undefined> => {
    const values: (string | undefined)[] = [];
    for (const key of keys) values.push(await made(key, generationTtl));
    return joined(values);
  };

  const share = async (key: string, version: Partial<Version>, standing: Standing): Promise<void> => {
    const left = standing.expiresAt - Date.now() / 1000;
    if (!version.epoch || !version.generation || left <= 1) return;
    try {
      const entry = { ...version, standing };
      await keyValue.set(key, JSON.stringify(entry), { ttlSeconds: Math.min(left, maxLife) });
    } catch (err) {
      logger.debug({ err }, 'a principal could not be shared');
    }
  };

  return {
    async find<No>(token: Verified, ask: () => Promise<Standing | No>): Promise<Standing | No> {
      if (!believed) return await ask();
      // By token, not by session: one token of a session can be revoked alone (RFC 7009).
      const own = token.kind === 'access token' ? token.jti : token.hash;
      const key = `${principalKey(token.subject, token.sessionId ?? '')}:${own}`.slice(0, 500);
      const generationKeys = dependsOn(token).map(generationKey);
      const [epoch, shared, ...generations] = await keyValue.getMany([epochKey, key, ...generationKeys]);
      const generation = joined(generations);
      const known = shared === undefined ? undefined : (JSON.parse(shared) as Partial<Entry>);
      const isCurrent =
        known !== undefined &&
        epoch !== undefined &&
        generation !== undefined &&
        known.epoch === epoch &&
        known.generation === generation;
      if (isCurrent && known.standing && known.standing.expiresAt * 1000 > Date.now()) return known.standing;

      // Before the question: what changes during it has to make another one.
      const version = {
        epoch: epoch ?? (await made(epochKey)),
        generation: generation ?? (await madeAll(generationKeys)),
      };
      const answer = await ask();
      if (isStanding(answer)) await share(key, version, answer);
      return answer;
    },
    /** Told that the store has missed a revocation: it takes no writes. Once it does, nothing that it kept is believed. */
    doubt(): void {
      connection += 1;
      believed = false;
      wasLost = true;
      void renewEpoch(connection);
    },
    /** Told whether revocations reach this process. */
    setHeard(heard: boolean): void {
      if (!keyValue.forgets) return;
      connection += 1;
      believed = heard && !wasLost;
      if (!heard) wasLost = true;
      else if (wasLost) void renewEpoch(connection);
    },
  };
}

/** Undefined when any of them is. */
const joined = (values: readonly (string | undefined)[]): string | undefined =>
  values.includes(undefined) ? undefined : values.join(' ');

export const isStanding = <No>(answer: Standing | No): answer is Standing =>
  typeof answer === 'object' && answer !== null && 'principal' in answer;
