import { newAddress, newPassword, type Person, people } from '@gatehouse/testkit/clients';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gatehouse } from '../gatehouse.ts';
import { addAuthenticator, challengeOf, verifyMfa } from '../mfa.ts';
import { createDeployment, type Deployment } from '../topology/deployment.ts';

/**
 * Whether two kinds of requests can be told apart by how long they take. Pairs are measured one after the other, so that what
 * else the machine does hits both alike. They differ when nearly always the same one is slower (a sign test past four standard
 * deviations), and by so much that it could be seen over a network: a tenth of the time, and a millisecond.
 */
function differ(pairs: readonly (readonly [number, number])[]): boolean {
  const differences = pairs.map(([a, b]) => a - b);
  const slower = differences.filter((difference) => difference > 0).length;
  const deviations = Math.abs(slower - pairs.length / 2) / (Math.sqrt(pairs.length) / 2);
  const usual = medianOf(pairs.map(([, b]) => b));
  const gap = Math.abs(medianOf(differences));
  return deviations > 4 && gap > Math.max(1, usual / 10);
}

const medianOf = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

async function timed(ask: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await ask();
  return performance.now() - started;
}

/** Measures each pair in turns of who goes first; once more when they seem to differ, for a machine that had a bad moment. */
async function expectAlike(
  samples: number,
  one: (n: number) => Promise<unknown>,
  other: (n: number) => Promise<unknown>,
): Promise<void> {
  for (let round = 0; round < 2; round++) {
    const pairs: [number, number][] = [];
    for (let n = 0; n < samples; n++) {
      const at = round * samples + n;
      const isFirst = n % 2 === 0;
      const first = await timed(() => (isFirst ? one(at) : other(at)));
      const second = await timed(() => (isFirst ? other(at) : one(at)));
      pairs.push(isFirst ? [first, second] : [second, first]);
    }
    if (!differ(pairs)) return;
    if (round === 1) expect.fail(`told apart: ${JSON.stringify(pairs.map((pair) => pair.map(Math.round)))}`);
  }
}

test('the measure sees a difference where there is one, and none in noise', () => {
  const noise = () => 10 + Math.random() * 6;
  const pairsOf = (extra: number) => Array.from({ length: 40 }, () => [noise() + extra, noise()] as const);
  expect(differ(pairsOf(10))).toBe(true);
  expect(differ(pairsOf(-6).map(([a, b]) => [b + 10, a] as const))).toBe(true);
  expect(differ(pairsOf(0))).toBe(false);
  // Slower every time, by nothing that anybody could see.
  expect(differ(Array.from({ length: 40 }, () => [10.2, 10] as const))).toBe(false);
});

/** Of its own: with passwords as cheap as in the other tests, nobody would see whether one was compared. Once is enough. */
describe.runIf(gatehouse.topology === 'standalone')('how long it takes does not tell', () => {
  const samples = 20;
  let deployment: Deployment;
  let anyone: ReturnType<typeof people>['anyone'];
  let registerAndConfirm: ReturnType<typeof people>['registerAndConfirm'];
  let known: Person[];
  beforeAll(async () => {
    deployment = await createDeployment('standalone', { BCRYPT_COST: '8' });
    await deployment.start();
    ({ anyone, registerAndConfirm } = people(deployment));
    known = await Promise.all(Array.from({ length: 10 }, () => registerAndConfirm()));
  }, 120_000);
  afterAll(() => deployment.remove());
  const one = (n: number): Person => known[n % known.length] as Person;

  const login = 'mutation ($input: LoginInput!) { login(input: $input) { __typename } }';
  const wrongPassword = (identifier: string) =>
    anyone.refusal(login, { input: { identifier, password: newPassword() } });

  test('whether an account exists, at sign-in', async () => {
    await expectAlike(
      samples,
      (n) => wrongPassword(one(n).email),
      () => wrongPassword(newAddress()),
    );
  });

  test('whether an account is locked, at sign-in with the right password', async () => {
    const locked = one(0);
    for (let n = 0; n < 6; n++) await wrongPassword(locked.email);
    await expectAlike(
      samples,
      () => anyone.refusal(login, { input: { identifier: locked.email, password: locked.password } }),
      () => wrongPassword(newAddress()),
    );
  });

  test('whether an address has an account, when a new password is asked for', async () => {
    const ask = (email: string) =>
      anyone.ask(
        'mutation ($input: RequestPasswordResetInput!) { requestPasswordReset(input: $input) { email } }',
        {
          input: { email },
        },
      );
    await expectAlike(
      samples,
      (n) => ask(one(n).email),
      () => ask(newAddress()),
    );
  });

  test('whether an address has an account, at registration', async () => {
    const ask = (email: string) =>
      anyone.ask('mutation ($input: RegisterInput!) { register(input: $input) { email } }', {
        input: { email, password: newPassword() },
      });
    await expectAlike(
      samples,
      (n) => ask(one(n).email),
      () => ask(newAddress()),
    );
  });

  test('whether an account has a second factor, to who does not know the password; and whether a code was right while they are locked', async () => {
    const guarded = await registerAndConfirm();
    const { app } = await addAuthenticator(guarded);
    const plain = await registerAndConfirm();
    // Locked both, so that the row and its lock are the same.
    for (const { email } of [guarded, plain]) for (let n = 0; n < 5; n++) await wrongPassword(email);
    await expectAlike(
      samples,
      () => wrongPassword(guarded.email),
      () => wrongPassword(plain.email),
    );

    const owner = await registerAndConfirm();
    const own = await addAuthenticator(owner);
    const challenges = await Promise.all(
      Array.from({ length: 2 * 2 * Math.ceil(samples / 5) + 2 }, () => challengeOf(anyone, owner)),
    );
    let used = 0;
    // A challenge takes five attempts.
    const answer = (code: string) => {
      const { challengeId = '' } = challenges[Math.floor(used++ / 5)] ?? {};
      return anyone.refusal(verifyMfa, { input: { challengeId, method: 'TOTP', code } });
    };
    for (let n = 0; n < 5; n++) expect(await answer(own.app.wrong())).toBe('INVALID_CODE');
    const right = await own.app.next();
    await expectAlike(
      samples,
      () => answer(right),
      () => answer(own.app.wrong()),
    );
    expect(app.wrong()).toMatch(/^\d{6}$/);
  });
});
