import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openServices } from '../src/create.ts';
import { advanceSigningKeys } from '../src/keys/rotate-on-schedule.ts';
import { as, startAuth, type TestAuth } from './harness.ts';

let auth: TestAuth;
beforeAll(async () => {
  auth = await startAuth();
});
afterAll(() => auth.stop());

/** A process that has remembered nothing: what the others come to within half a minute. */
async function freshly<T>(work: (process: ReturnType<typeof openServices>) => Promise<T>): Promise<T> {
  const process = openServices(auth.deps);
  try {
    return await work(process);
  } finally {
    await process.passwords.close();
  }
}

const published = () =>
  freshly(async ({ issuers }) => (await issuers.of(auth.tenant)).publicKeys.map(({ kid }) => kid));
const age = (status: string, seconds: number) =>
  auth.deps.database.pool.query(
    'update auth.signing_key set status_at = status_at - make_interval(secs => $2) where status = $1',
    [status, seconds],
  );
const rotate = 'mutation { rotateSigningKeys { keyId signsFrom } }';

it('publishes, waits, signs and retires, and no token is refused on the way', async () => {
  await auth.account('root', { permissions: ['keys:rotate'] });
  const before = await auth.login('root');
  const { kid: first } = decodeProtectedHeader(before.accessToken);
  const caller = as(await auth.principal(before.accessToken));
  const { data } = await auth.ask(caller, rotate);
  const { keyId, signsFrom } = data.rotateSigningKeys;
  expect(new Date(signsFrom).getTime()).toBeGreaterThan(Date.now() + 3_500_000);
  // Asked again, by whomever: the same key.
  const again = await Promise.all(Array.from({ length: 5 }, () => auth.ask(caller, rotate)));
  expect(new Set(again.map((answer) => answer.data.rotateSigningKeys.keyId))).toEqual(new Set([keyId]));

  await advanceSigningKeys(auth.services);
  expect(await published()).toEqual([first, keyId]);
  await age('next', 3_700);
  await Promise.all(Array.from({ length: 5 }, () => advanceSigningKeys(auth.services)));
  expect(await published()).toEqual([keyId, first]);

  await freshly(async (process) => {
    const issuer = await process.issuers.of(auth.tenant);
    const keys: JSONWebKeySet = { keys: issuer.publicKeys };
    await jwtVerify(before.accessToken, createLocalJWKSet(keys));
    const restarted = await auth.refresh(before.refreshToken);
    expect(restarted.errors).toBeUndefined();
  });
  await age('retired', 31 * 86_400);
  await advanceSigningKeys(auth.services);
  expect(await published()).toEqual([keyId]);
});

it('rotates by itself when a key has signed for long enough', async () => {
  const [current] = await published();
  await advanceSigningKeys(auth.services);
  expect(await published()).toEqual([current]);
  await age('active', 91 * 86_400);
  await Promise.all(Array.from({ length: 5 }, () => advanceSigningKeys(auth.services)));
  expect(await published()).toEqual([current, expect.any(String)]);
});

it('is for those who may', async () => {
  await auth.account('nobody');
  const { accessToken } = await auth.login('nobody');
  expect(await auth.refusal(as(await auth.principal(accessToken)), rotate)).toBe('FORBIDDEN');
});
