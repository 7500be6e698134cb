import type { PasskeyDevice, PasskeyOptions, Said } from '@gatehouse/testkit/clients';
import pg from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  administrator,
  anyone,
  eventually,
  gatehouse,
  memberWith,
  otherTenant,
  registerAndConfirm,
} from '../gatehouse.ts';
import { challengeOf, stepUp, verifyMfa } from '../mfa.ts';
import { newBrowser, newClient, newRequest, signInAt } from '../oauth.ts';
import {
  addPasskey,
  confirmPasskey,
  creationOptions,
  newDevice,
  passkeyRefusal,
  signInOptions,
  signInWithPasskey,
  startPasskey,
  startPasskeyStepUp,
} from '../passkeys.ts';

type Person = Awaited<ReturnType<typeof registerAndConfirm>>;
let ada: Person;
let device: PasskeyDevice;
beforeAll(async () => {
  ada = await registerAndConfirm();
  ({ device } = await addPasskey(ada));
});

/** What only an operator can do: as if time had passed. */
async function sql(text: string, values: unknown[]): Promise<void> {
  const client = new pg.Client({ connectionString: gatehouse.databaseUrl });
  await client.connect();
  await client.query(text, values);
  await client.end();
}

const lies: [string, Said][] = [
  ['for another origin', { origin: 'https://evil.example' }],
  ['for another port', { origin: `${gatehouse.url.replace(/\d+$/, '')}1` }],
  ['for another host', { rpId: 'evil.example' }],
  ['for another challenge', { challenge: Buffer.alloc(32).toString('base64url') }],
  ['as something else', { type: 'payment.get' }],
  ['without verifying the person', { verified: false }],
];

describe('what was signed is refused', () => {
  test.each([
    ...lies,
    ['for another account', { userHandle: Buffer.from('somebody else').toString('base64url') }],
    ['for nobody', { userHandle: null }],
  ] as [string, Said][])('%s', async (_how, said) => {
    expect(await passkeyRefusal(anyone, device, said)).toBe('INVALID_CODE');
  });

  test('again, or with the secret of another sign-in', async () => {
    const [mine, theirs] = [await signInOptions(anyone), await signInOptions(anyone)];
    const signed = device.get(mine.options);
    const use = (challengeId: string, passkey: object) =>
      anyone.refusal(signInWithPasskey, { input: { challengeId, passkey } });
    expect(await use(theirs.challengeId, signed)).toBe('INVALID_CODE');
    const again = await signInOptions(anyone);
    const good = device.get(again.options);
    expect(await use(again.challengeId, good)).toBeNull();
    expect(await use(again.challengeId, good)).toBe('INVALID_CODE');
    expect(await use(again.challengeId, device.get(again.options))).toBe('INVALID_CODE');
  });

  test('at another tenant', async () => {
    const { challengeId, options } = await signInOptions(otherTenant.anyone);
    const refusal = (passkey: object) =>
      otherTenant.anyone.refusal(signInWithPasskey, { input: { challengeId, passkey } });
    expect(await refusal(device.get(options))).toBe('INVALID_CODE');
  });

  test('for another purpose', async () => {
    const client = ada.client;
    const { startPasskeyStepUp: step } = await client.ask<{
      startPasskeyStepUp: { options: PasskeyOptions };
    }>(startPasskeyStepUp);
    const { challengeId } = await signInOptions(anyone);
    const use = { input: { challengeId, passkey: device.get(step.options) } };
    expect(await anyone.refusal(signInWithPasskey, use)).toBe('INVALID_CODE');
    const alone = await signInOptions(anyone);
    const passkey = device.get(alone.options);
    expect(await client.refusal(stepUp, { input: { method: 'PASSKEY', passkey } })).toBe('INVALID_CODE');
    const waiting = await challengeOf(anyone, ada);
    const other = device.get((await signInOptions(anyone)).options);
    const input = { challengeId: waiting.challengeId, method: 'PASSKEY', passkey: other };
    expect(await anyone.refusal(verifyMfa, { input })).toBe('INVALID_CODE');
    const made = newDevice().create(await creationOptions(client));
    const fresh = await signInOptions(anyone);
    expect(
      await anyone.refusal(signInWithPasskey, { input: { challengeId: fresh.challengeId, passkey: made } }),
    ).toBe('BAD_USER_INPUT');
  });

  test('as the second factor of somebody else', async () => {
    const victim = await registerAndConfirm();
    await addPasskey(victim);
    const { challengeId } = await challengeOf(anyone, victim);
    const { options } = await signInOptions(anyone, challengeId);
    const input = { challengeId, method: 'PASSKEY', passkey: device.get(options) };
    expect(await anyone.refusal(verifyMfa, { input })).toBe('INVALID_CODE');
    // Nor does a code go through where a passkey is asked for, and the other way round.
    for (const wrong of [
      { method: 'PASSKEY', code: '000000' },
      { method: 'TOTP', passkey: device.get(options) },
    ])
      expect(await anyone.refusal(verifyMfa, { input: { challengeId, ...wrong } })).toBe('BAD_USER_INPUT');
  });

  test('by a copy: its counter goes back, and the holder learns of it', async () => {
    const grace = await registerAndConfirm();
    const { device: own } = await addPasskey(grace);
    expect(await passkeyRefusal(anyone, own, { counter: 7 })).toBeNull();
    for (const counter of [7, 3, 0])
      expect(await passkeyRefusal(anyone, own, { counter })).toBe('INVALID_CODE');
    const { securityEvents } = await grace.client.ask<{ securityEvents: { nodes: object[] } }>(
      '{ securityEvents(first: 50, filter: { types: [PASSKEY_REPLAYED] }) { nodes { severity } } }',
    );
    expect(securityEvents.nodes).toEqual(Array.from({ length: 3 }, () => ({ severity: 'HIGH' })));
    expect(await passkeyRefusal(anyone, own, { counter: 8 })).toBeNull();
  });

  test('of somebody who was disabled', async () => {
    const bob = await registerAndConfirm();
    const { device: own } = await addPasskey(bob);
    await (await administrator()).client.ask(
      'mutation ($input: DisableUserInput!) { disableUser(input: $input) { user { id } } }',
      { input: { userId: bob.id, reason: 'a test' } },
    );
    expect(await passkeyRefusal(anyone, own)).toBe('INVALID_CODE');
  });
});

describe('a passkey is not added', () => {
  const add = async (client: Person['client'], made: (options: PasskeyOptions) => object) =>
    client.refusal(confirmPasskey, { input: { passkey: made(await creationOptions(client)) } });

  test.each(lies)('that was made %s', async (_how, said) => {
    expect(await add(ada.client, (options) => newDevice().create(options, said))).toBe('INVALID_CODE');
  });

  test('that is somebody’s already, nor twice with one challenge', async () => {
    const [victim, mallory] = [await registerAndConfirm(), await registerAndConfirm()];
    const { device: taken } = await addPasskey(victim);
    expect(await add(mallory.client, (options) => taken.create(options))).toBe('CONFLICT');
    const options = await creationOptions(mallory.client);
    const use = () =>
      mallory.client.refusal(confirmPasskey, { input: { passkey: newDevice().create(options) } });
    expect(await use()).toBeNull();
    expect(await use()).toBe('INVALID_CODE');
  });

  test('with the challenge of another session, of one’s own or another’s', async () => {
    const mallory = await registerAndConfirm();
    const options = await creationOptions(ada.client);
    const input = { passkey: newDevice().create(options) };
    expect(await mallory.client.refusal(confirmPasskey, { input })).toBe('INVALID_CODE');
    expect(await ada.client.refusal(confirmPasskey, { input })).toBeNull();
  });

  test('by a stolen session of some time ago, with or without another factor', async () => {
    const [plain, strong] = [await registerAndConfirm(), await registerAndConfirm()];
    await addPasskey(strong);
    for (const { client, tokens } of [plain, strong]) {
      const options = await creationOptions(client);
      await sql("update auth.session set auth_time = now() - interval '1 hour' where id = $1", [
        tokens.sessionId,
      ]);
      expect(await client.refusal(startPasskey)).toBe('STEP_UP_REQUIRED');
      const input = { passkey: newDevice().create(options) };
      expect(await client.refusal(confirmPasskey, { input })).toBe('STEP_UP_REQUIRED');
    }
  });

  test('by an application that acts for the person', async () => {
    const admin = await memberWith(['admin']);
    const application = await newClient({ scopes: ['users:read'] });
    const { access_token: token } = await signInAt(application, admin, { scope: 'openid users:read' });
    const client = anyone.as(token);
    expect(await client.refusal(startPasskey)).toBe('FORBIDDEN');
    expect(await client.refusal('mutation { startTotp { secret } }')).toBe('FORBIDDEN');
    expect(await client.refusal(startPasskeyStepUp)).toBe('FORBIDDEN');
    expect(await client.refusal('mutation { sendMfaCode { codeExpiresAt } }')).toBe('FORBIDDEN');
  });
});

test('an interaction’s passkey challenge is of no use in another browser, nor in the API', async () => {
  const client = await newClient();
  const headers = { 'content-type': 'application/json', origin: gatehouse.url };
  const begin = async () => {
    const browser = newBrowser();
    const { pathname } = new URL((await browser.open((await newRequest(client)).url)).url);
    const post = async (step: string, body: object) => {
      const answer = await browser.request(`${pathname}${step}`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      });
      return { status: answer.status, body: JSON.parse(answer.text) };
    };
    return { post, options: (await post('/start-passkey-sign-in', {})).body.options as PasskeyOptions };
  };
  const [mine, theirs] = [await begin(), await begin()];
  const passkey = device.get(mine.options);
  expect(await theirs.post('/sign-in-with-passkey', { passkey })).toMatchObject({
    status: 401,
    body: { error: 'invalid_code' },
  });
  const { challengeId } = await signInOptions(anyone);
  const input = { challengeId, passkey: device.get(theirs.options) };
  expect(await anyone.refusal(signInWithPasskey, { input })).toBe('INVALID_CODE');
  const after = await mine.post('/sign-in-with-passkey', { passkey: device.get(mine.options) });
  expect(after.status).toBe(200);
});

test('unknown passkeys and malformed ones change nothing and tell nothing', async () => {
  const stranger = newDevice();
  const userHandle = Buffer.from(ada.id).toString('base64url');
  expect(await passkeyRefusal(anyone, stranger, { userHandle })).toBe('INVALID_CODE');
  const { challengeId } = await signInOptions(anyone);
  for (const passkey of [
    null,
    1,
    'x',
    [],
    {},
    { ...device.get({ challenge: 'x' }), id: 'ä' },
    { __proto__: null },
  ])
    expect(await anyone.refusal(signInWithPasskey, { input: { challengeId, passkey } })).toBe(
      'BAD_USER_INPUT',
    );
  const broken = device.get({ challenge: 'x' }) as { response: Record<string, string> };
  for (const field of ['clientDataJSON', 'authenticatorData', 'signature'])
    expect(
      await anyone.refusal(signInWithPasskey, {
        input: { challengeId, passkey: { ...broken, response: { ...broken.response, [field]: 'AAAA' } } },
      }),
    ).toBe('INVALID_CODE');
});

test('adding a passkey ends the sessions that have not seen it', async () => {
  const grace = await registerAndConfirm();
  const { login } = await anyone.ask<{ login: { accessToken: string } }>(
    'mutation ($input: LoginInput!) { login(input: $input) { ... on TokenSet { accessToken } } }',
    { input: { identifier: grace.email, password: grace.password } },
  );
  await addPasskey(grace);
  await eventually(
    async () => expect(await anyone.as(login.accessToken).refusal('{ me { id } }')).toBe('UNAUTHENTICATED'),
    1_000,
  );
});
