import { expect, test } from 'vitest';
import { anyone, eventually, gatehouse, mailbox, memberWith, registerAndConfirm } from '../gatehouse.ts';
import { challengeOf, stepUp, tokenFields, verifyMfa } from '../mfa.ts';
import { newBrowser, newClient, newRequest, redeem, redirectOf } from '../oauth.ts';
import { addPasskey, newDevice, signInOptions, signInWithPasskey, startPasskeyStepUp } from '../passkeys.ts';

type Tokens = { accessToken: string; refreshToken: string };
const multiFactor = 'urn:gatehouse:acr:multi-factor';
const factors = '{ mfa { factors { id method name backedUp } backupCodesLeft } }';

test('a passkey is added, is a second factor, signs in alone, steps up, and is taken away', async () => {
  const ada = await registerAndConfirm();
  const { device, factorId, backupCodes } = await addPasskey(ada);
  expect(backupCodes).toHaveLength(10);
  await mailbox.waitForMail({ to: ada.email, subject: /second factor was added/i });
  const own = { id: factorId, method: 'PASSKEY', name: 'my phone', backedUp: false };
  expect(await ada.client.ask(factors)).toEqual({ mfa: { factors: [own], backupCodesLeft: 10 } });

  const { challengeId, methods } = await challengeOf(anyone, ada);
  expect(methods).toEqual(['PASSKEY', 'BACKUP_CODE']);
  const { options } = await signInOptions(anyone, challengeId);
  expect(options).toMatchObject({
    userVerification: 'required',
    allowCredentials: [{ id: device.id, transports: ['internal'] }],
  });
  const { verifyMfa: second } = await anyone.ask<{ verifyMfa: Tokens }>(verifyMfa, {
    input: { challengeId, method: 'PASSKEY', passkey: device.get(options) },
  });
  expect(await anyone.as(second.accessToken).ask('{ session { amr acr } }')).toEqual({
    session: { amr: ['pwd', 'hwk', 'user', 'mfa'], acr: multiFactor },
  });

  const alone = await signInOptions(anyone);
  expect(alone.options).not.toMatchObject({ allowCredentials: [expect.anything()] });
  const { signInWithPasskey: tokens } = await anyone.ask<{ signInWithPasskey: Tokens }>(signInWithPasskey, {
    input: { challengeId: alone.challengeId, passkey: device.get(alone.options) },
  });
  const client = anyone.as(tokens.accessToken);
  expect(await client.ask('{ session { amr acr user { email } } }')).toEqual({
    session: { amr: ['hwk', 'user', 'mfa'], acr: multiFactor, user: { email: ada.email } },
  });
  const { refreshToken } = await anyone.ask<{ refreshToken: Tokens }>(
    `mutation ($input: RefreshTokenInput!) { refreshToken(input: $input) { ${tokenFields} } }`,
    { input: { refreshToken: tokens.refreshToken } },
  );
  expect(await anyone.as(refreshToken.accessToken).ask('{ session { acr } }')).toEqual({
    session: { acr: multiFactor },
  });

  const { startPasskeyStepUp: again } = await client.ask<{
    startPasskeyStepUp: { options: { challenge: string } };
  }>(startPasskeyStepUp);
  await client.ask(stepUp, { input: { method: 'PASSKEY', passkey: device.get(again.options) } });

  await client.ask(
    'mutation ($input: RenamePasskeyInput!) { renamePasskey(input: $input) { factor { name } } }',
    {
      input: { factorId, name: 'old phone' },
    },
  );
  const another = await addPasskey({ client }, newDevice());
  expect(another.backupCodes).toBeNull();
  const remove = 'mutation ($input: RemoveFactorInput!) { removeFactor(input: $input) { factorId } }';
  await client.ask(remove, { input: { factorId: another.factorId } });
  expect(await client.ask(factors)).toMatchObject({ mfa: { factors: [{ ...own, name: 'old phone' }] } });
  await client.ask(remove, { input: { factorId } });
  await mailbox.waitForMail({ to: ada.email, subject: /second factor was removed/i });
  expect(await client.ask(factors)).toEqual({ mfa: { factors: [], backupCodesLeft: 0 } });
  const gone = await signInOptions(anyone);
  expect(
    await anyone.refusal(signInWithPasskey, {
      input: { challengeId: gone.challengeId, passkey: device.get(gone.options) },
    }),
  ).toBe('INVALID_CODE');
});

test('a passkey signs in at an application, without a password and after one', async () => {
  const ada = await registerAndConfirm();
  const { device } = await addPasskey(ada);
  const client = await newClient({ firstParty: true });
  const browser = newBrowser();
  const post = async (path: string, body: object) => {
    const headers = { 'content-type': 'application/json', origin: gatehouse.url };
    const answer = await browser.request(path, { method: 'POST', headers, body: JSON.stringify(body) });
    return JSON.parse(answer.text);
  };
  const request = await newRequest(client, { acr_values: multiFactor });
  const login = await browser.open(request.url);
  const { pathname } = new URL(login.url);
  const script = /<script src="([^"]+)" integrity="sha384-/.exec(login.text)?.[1] ?? '';
  const served = await browser.request(script);
  expect(served.headers.get('content-type')).toContain('text/javascript');
  expect(served.text).toContain('SimpleWebAuthnBrowser');

  const { options } = await post(`${pathname}/start-passkey-sign-in`, {});
  const { redirectTo } = await post(`${pathname}/sign-in-with-passkey`, { passkey: device.get(options) });
  const tokens = await redeem(client, redirectOf(await browser.open(redirectTo)), request);
  expect(tokens.claims()).toMatchObject({ sub: ada.id, amr: ['hwk', 'user', 'mfa'], acr: multiFactor });

  const elsewhere = await newRequest(client, { prompt: 'login' });
  const page = await browser.open(elsewhere.url);
  const asked = await browser.submit(page, { identifier: ada.email, password: ada.password }, '/login');
  expect(asked.text).toContain('Use your passkey');
  const path = new URL(asked.url).pathname;
  const second = await post(`${path}/start-passkey-sign-in`, {});
  expect(second.options.allowCredentials).toHaveLength(1);
  // What the script sends: a form.
  const passkey = JSON.stringify(device.get(second.options));
  const callback = redirectOf(await browser.submit(asked, { passkey }, '/verify-mfa'));
  expect((await redeem(client, callback, elsewhere)).claims()).toMatchObject({
    amr: ['pwd', 'hwk', 'user', 'mfa'],
    sid: tokens.claims()?.sid,
  });
});

test('where a second factor is required, a passkey is one', async () => {
  const ada = await memberWith();
  const client = await newClient({ firstParty: true });
  const browser = newBrowser();
  const request = await newRequest(client, { acr_values: multiFactor });
  const page = await browser.open(request.url);
  const asked = await browser.submit(page, { identifier: ada.email, password: ada.password }, '/login');
  expect(asked.text).toContain('Make a passkey');
  const path = new URL(asked.url).pathname;
  const { text } = await browser.request(`${path}/start-passkey`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: gatehouse.url },
    body: '{}',
  });
  const device = newDevice();
  const passkey = JSON.stringify(device.create(JSON.parse(text).options));
  const shown = await browser.submit(asked, { passkey }, '/confirm-passkey');
  expect(shown.text.match(/<li><code>/g)).toHaveLength(10);
  const callback = redirectOf(await browser.open(/href="([^"]+)"/.exec(shown.text)?.[1] ?? ''));
  expect((await redeem(client, callback, request)).claims()).toMatchObject({ sub: ada.id, acr: multiFactor });
  // Other sessions have not seen it.
  await eventually(
    async () => expect(await ada.client.refusal('{ me { id } }')).toBe('UNAUTHENTICATED'),
    1_000,
  );
});
