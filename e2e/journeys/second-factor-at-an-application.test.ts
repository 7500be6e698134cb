import { Authenticator, type Browser, type Page, randomText } from '@gatehouse/testkit/clients';
import { expect, test } from 'vitest';
import { administrator, gatehouse, mailbox, memberWith, registerAndConfirm } from '../gatehouse.ts';
import { addAuthenticator, newPhoneNumber } from '../mfa.ts';
import { newBrowser, newClient, newRequest, redeem, redirectOf } from '../oauth.ts';

const multiFactor = 'urn:gatehouse:acr:multi-factor';

/** From the client to where the password has led. */
async function withPassword(
  browser: Browser,
  url: URL,
  { email, password }: { email: string; password: string },
): Promise<Page> {
  return browser.submit(await browser.open(url), { identifier: email, password }, '/login');
}

test('a person with an authenticator app signs in at an application, and is remembered on this device', async () => {
  const ada = await registerAndConfirm();
  const { app } = await addAuthenticator(ada);
  const client = await newClient({ firstParty: true });
  const browser = newBrowser();
  const request = await newRequest(client);
  const asked = await withPassword(browser, request.url, ada);
  expect(asked.status).toBe(200);
  expect(asked.text).toContain('Confirm that it is you');
  expect(asked.text).not.toContain('value="EMAIL"');
  expect(asked.headers.get('content-security-policy')).toContain("script-src 'none'");

  const wrong = await browser.submit(asked, { method: 'TOTP', code: app.wrong() }, '/verify-mfa');
  expect(wrong.status).toBe(401);
  expect(wrong.text).toContain('role="alert"');
  const answer = { method: 'TOTP', code: await app.next(), rememberDevice: 'yes' };
  const callback = redirectOf(await browser.submit(wrong, answer, '/verify-mfa'));
  const claims = (await redeem(client, callback, request)).claims();
  expect(claims).toMatchObject({ sub: ada.id, amr: ['pwd', 'otp', 'mfa'], acr: multiFactor });

  // The device is remembered; an application that demands two factors has them asked for all the same.
  const again = await newRequest(client, { prompt: 'login' });
  const remembered = redirectOf(await withPassword(browser, again.url, ada));
  expect((await redeem(client, remembered, again)).claims()).toMatchObject({ amr: ['pwd'] });
  const demanding = await newRequest(client, { acr_values: multiFactor });
  const page = await withPassword(browser, demanding.url, ada);
  expect(page.text).toContain('Confirm that it is you');
  const raised = redirectOf(
    await browser.submit(page, { method: 'TOTP', code: await app.next() }, '/verify-mfa'),
  );
  expect((await redeem(client, raised, demanding)).claims()).toMatchObject({
    acr: multiFactor,
    sid: claims?.sid,
  });
  const silent = await newRequest(client, { acr_values: multiFactor, prompt: 'none' });
  expect(redirectOf(await browser.open(silent.url)).searchParams.get('code')).toBeTruthy();
  // Elsewhere the password alone is nothing.
  expect((await withPassword(newBrowser(), again.url, ada)).text).toContain('Confirm that it is you');
});

test('a code is mailed, and a backup code stands in', async () => {
  const grace = await registerAndConfirm();
  const mailedCode = async (count: number) => {
    const { text } = await mailbox.waitForMail({ to: grace.email, subject: /your code/i, count });
    return /^\s*(\d{6})\s*$/m.exec(text)?.[1] ?? '';
  };
  await grace.client.ask('mutation { startEmailFactor { codeExpiresAt } }');
  const { confirmEmailFactor } = await grace.client.ask<{ confirmEmailFactor: { backupCodes: string[] } }>(
    'mutation ($input: ConfirmEmailFactorInput!) { confirmEmailFactor(input: $input) { backupCodes } }',
    { input: { code: await mailedCode(1) } },
  );
  const client = await newClient({ firstParty: true });
  const request = await newRequest(client);
  const browser = newBrowser();
  const asked = await withPassword(browser, request.url, grace);
  const sent = await browser.submit(asked, {}, '/send-mfa-code');
  expect(sent.text).toContain('role="status"');
  const mailed = { method: 'EMAIL', code: await mailedCode(2) };
  const callback = redirectOf(await browser.submit(sent, mailed, '/verify-mfa'));
  expect((await redeem(client, callback, request)).claims()?.acr).toBe(multiFactor);

  const elsewhere = newBrowser();
  const page = await withPassword(elsewhere, (await newRequest(client)).url, grace);
  const [code = ''] = confirmEmailFactor.backupCodes;
  const left = await elsewhere.submit(page, { method: 'BACKUP_CODE', code }, '/verify-mfa');
  expect(redirectOf(left).searchParams.get('code')).toBeTruthy();
});

/** Somebody whose role asks for a second factor; they have none. */
async function memberWhoMustEnrol() {
  const { client } = await administrator();
  const role = `nurses-${randomText()}`;
  await client.ask('mutation ($input: CreateRoleInput!) { createRole(input: $input) { role { id } } }', {
    input: { name: role, permissions: [] },
  });
  const member = await memberWith([role]);
  await client.ask(
    'mutation ($input: SetMfaPolicyInput!) { setMfaPolicy(input: $input) { policy { role } } }',
    { input: { role, requirement: 'REQUIRED' } },
  );
  return member;
}

test('who has to have a second factor adds an app on the pages, and gets backup codes once', async () => {
  const ada = await memberWhoMustEnrol();
  const client = await newClient({ firstParty: true });
  const request = await newRequest(client);
  const browser = newBrowser();
  const asked = await withPassword(browser, request.url, ada);
  expect(asked.text).toContain('Add a second factor');
  const started = await browser.submit(asked, {}, '/start-totp');
  expect(started.text).toContain('<svg');
  const secret = /<code class="secret">([A-Z2-7 ]+)</.exec(started.text)?.[1]?.replaceAll(' ', '') ?? '';
  const app = new Authenticator(secret);
  const wrong = await browser.submit(started, { code: app.wrong() }, '/confirm-totp');
  expect(wrong.status).toBe(401);
  expect(wrong.text).not.toContain(secret.slice(0, 4));
  const shown = await browser.submit(wrong, { code: await app.next() }, '/confirm-totp');
  const backupCodes = shown.text.match(/<li><code>[\w-]+<\/code>/g);
  expect(backupCodes).toHaveLength(10);
  const next = /href="([^"]+)"/.exec(shown.text)?.[1] ?? '';
  const callback = redirectOf(await browser.open(next));
  expect((await redeem(client, callback, request)).claims()).toMatchObject({ sub: ada.id, acr: multiFactor });
  const page = await withPassword(newBrowser(), (await newRequest(client)).url, ada);
  expect(page.text).toContain('Confirm that it is you');
});

test.each([
  ['by mail', '/start-email-factor', '/confirm-email-factor'],
  ['by SMS', '/start-sms-factor', '/confirm-sms-factor'],
])(
  'who has to have a second factor has codes sent, %s, and needs no script for it',
  async (_, start, confirm) => {
    const ada = await memberWhoMustEnrol();
    const client = await newClient({ firstParty: true });
    const request = await newRequest(client);
    const browser = newBrowser();
    const asked = await withPassword(browser, request.url, ada);
    const phoneNumber = newPhoneNumber();
    const isSms = start.includes('sms');
    if (isSms) {
      const nowhere = await browser.submit(asked, { phoneNumber: '12' }, start);
      expect(nowhere.text).toContain('No code can be sent there.');
    }
    const sent = await browser.submit(asked, isSms ? { phoneNumber } : {}, start);
    expect(sent.text).toContain('A code is on its way to');
    const mailed = async () => (await mailbox.waitForMail({ to: ada.email, subject: /your code/i })).text;
    const code = isSms
      ? await mailbox.waitForTextedCode({ to: phoneNumber })
      : (/^\s*(\d{6})\s*$/m.exec(await mailed())?.[1] ?? '');
    const wrong = await browser.submit(sent, { code: code === '000000' ? '000001' : '000000' }, confirm);
    expect(wrong.status).toBe(401);
    const shown = await browser.submit(wrong, { code }, confirm);
    expect(shown.text.match(/<li><code>[\w-]+<\/code>/g)).toHaveLength(10);
    const next = /href="([^"]+)"/.exec(shown.text)?.[1] ?? '';
    const callback = redirectOf(await browser.open(next));
    expect((await redeem(client, callback, request)).claims()).toMatchObject({
      sub: ada.id,
      acr: multiFactor,
    });
    const page = await withPassword(newBrowser(), (await newRequest(client)).url, ada);
    expect(page.text).toContain('Confirm that it is you');
  },
);

test('an application that demands two factors of somebody with one has one added, or is told', async () => {
  const ada = await registerAndConfirm();
  const client = await newClient({ firstParty: true });
  const browser = newBrowser();
  const page = await withPassword(browser, (await newRequest(client, { acr_values: multiFactor })).url, ada);
  expect(page.text).toContain('Add a second factor');
  const left = await browser.submit(page, {}, '/abort');
  expect(redirectOf(left).searchParams.get('error')).toBe('access_denied');

  const admin = await administrator();
  const role = `machines-${randomText()}`;
  await admin.client.ask(
    'mutation ($input: CreateRoleInput!) { createRole(input: $input) { role { id } } }',
    { input: { name: role, permissions: [] } },
  );
  await admin.client.ask(
    'mutation ($input: SetMfaPolicyInput!) { setMfaPolicy(input: $input) { policy { role } } }',
    { input: { role, requirement: 'OFF' } },
  );
  const bob = await memberWith([role]);
  const refused = await withPassword(
    newBrowser(),
    (await newRequest(client, { acr_values: multiFactor })).url,
    bob,
  );
  expect(redirectOf(refused).searchParams.get('error')).toBe('unmet_authentication_requirements');
});

test('a script of our own pages does the same by JSON', async () => {
  const ada = await registerAndConfirm();
  const { app } = await addAuthenticator(ada);
  const client = await newClient({ firstParty: true });
  const request = await newRequest(client);
  const browser = newBrowser();
  const { pathname } = new URL((await browser.open(request.url)).url);
  const ask = async (path: string, body?: unknown) => {
    const answer = await browser.request(`${pathname}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { accept: 'application/json', 'content-type': 'application/json', origin: gatehouse.url },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: JSON.parse(answer.text) };
  };
  const asked = {
    prompt: 'mfa',
    methods: ['TOTP', 'BACKUP_CODE'],
    expiresAt: expect.any(String),
  };
  expect((await ask('/login', { identifier: ada.email, password: ada.password })).body).toMatchObject(asked);
  expect((await ask('')).body).toMatchObject(asked);
  expect(await ask('/verify-mfa', { method: 'TOTP', code: app.wrong() })).toMatchObject({
    status: 401,
    body: { error: 'invalid_code' },
  });
  expect(await ask('/send-mfa-code', {})).toMatchObject({ status: 409, body: { error: 'conflict' } });
  expect(await ask('/start-totp', {})).toMatchObject({ status: 409 });
  const { body } = await ask('/verify-mfa', { method: 'TOTP', code: await app.next() });
  const callback = redirectOf(await browser.open(body.redirectTo));
  expect((await redeem(client, callback, request)).claims()?.acr).toBe(multiFactor);
});
