import type { Person } from '@gatehouse/testkit/clients';
import { expect } from 'vitest';
import { anyone, registerAndConfirm, testOf } from '../gatehouse.ts';

const test = testOf('apiKeys');

type Made = { apiKey: { id: string }; secret: string };

async function createKey({ client }: Person): Promise<Made> {
  const { createApiKey } = await client.ask<{ createApiKey: Made }>(
    `mutation { createApiKey(input: { name: "busy", scopes: ["profile:read"] }) { secret apiKey { id } } }`,
  );
  return createApiKey;
}

const works = async (secret: string) => (await anyone.as(secret).refusal('{ me { id } }')) === null;

/** Uses a key from many sides until it is told to stop: whether each use was answered, and when. */
function useInParallel(secret: string, sides = 8) {
  const uses: { began: number; ended: number; answered: boolean }[] = [];
  let stopped = false;
  const running = Array.from({ length: sides }, async () => {
    while (!stopped) {
      const began = performance.now();
      const answered = await works(secret);
      uses.push({ began, ended: performance.now(), answered });
    }
  });
  return async () => {
    stopped = true;
    await Promise.all(running);
    return uses;
  };
}

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

test('revoked under parallel use: before, every use is answered; a second later none is', async () => {
  const ada = await registerAndConfirm();
  const { apiKey, secret } = await createKey(ada);
  const stop = useInParallel(secret);
  await pause(300);
  const asked = performance.now();
  await ada.client.ask(`mutation { revokeApiKey(input: { apiKeyId: "${apiKey.id}" }) { apiKeyId } }`);
  const revoked = performance.now();
  await pause(1_300);
  const uses = await stop();
  const before = uses.filter(({ ended }) => ended < asked);
  const after = uses.filter(({ began }) => began > revoked + 1_000);
  expect(before.length).toBeGreaterThan(0);
  expect(before.every(({ answered }) => answered)).toBe(true);
  expect(after.length).toBeGreaterThan(0);
  expect(after.some(({ answered }) => answered)).toBe(false);
});

test('rotated under parallel use with a grace: no use fails, with the old secret or the new', async () => {
  const ada = await registerAndConfirm();
  const { apiKey, secret } = await createKey(ada);
  const stop = useInParallel(secret);
  await pause(200);
  const { rotateApiKey } = await ada.client.ask<{ rotateApiKey: { secret: string } }>(
    `mutation { rotateApiKey(input: { apiKeyId: "${apiKey.id}", graceSeconds: 600 }) { secret } }`,
  );
  const stopNew = useInParallel(rotateApiKey.secret);
  await pause(500);
  for (const uses of [await stop(), await stopNew()]) {
    expect(uses.length).toBeGreaterThan(0);
    expect(uses.every(({ answered }) => answered)).toBe(true);
  }
});

test('30 rotations at once: one secret stands', async () => {
  const ada = await registerAndConfirm();
  const { apiKey, secret } = await createKey(ada);
  const answers = await Promise.all(
    Array.from({ length: 30 }, () =>
      ada.client.ask<{ rotateApiKey: { secret: string } }>(
        `mutation { rotateApiKey(input: { apiKeyId: "${apiKey.id}" }) { secret } }`,
      ),
    ),
  );
  const secrets = [secret, ...answers.map(({ rotateApiKey }) => rotateApiKey.secret)];
  expect(new Set(secrets).size).toBe(31);
  const standing = await Promise.all(secrets.map(works));
  expect(standing.filter(Boolean)).toHaveLength(1);
});

test('revoked and rotated at once: revoked wins, whoever comes first', async () => {
  const ada = await registerAndConfirm();
  const { apiKey, secret } = await createKey(ada);
  const rotated: string[] = [];
  const revoke = () =>
    ada.client.ask(`mutation { revokeApiKey(input: { apiKeyId: "${apiKey.id}" }) { apiKeyId } }`);
  const rotate = async () => {
    const { data } = await ada.client.graphql<{ rotateApiKey: { secret: string } }>(
      `mutation { rotateApiKey(input: { apiKeyId: "${apiKey.id}", graceSeconds: 60 }) { secret } }`,
    );
    if (data?.rotateApiKey) rotated.push(data.rotateApiKey.secret);
  };
  await Promise.all([rotate(), rotate(), revoke(), rotate(), rotate()]);
  await pause(1_000);
  for (const one of [secret, ...rotated]) expect(await works(one)).toBe(false);
});
