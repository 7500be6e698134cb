import { newPassword } from '@gatehouse/testkit/clients';
import { beforeAll, describe, expect, test } from 'vitest';
import { anyone, gatehouse, registerAndConfirm } from '../gatehouse.ts';
import { addAuthenticator, challengeOf, verifyRefusal } from '../mfa.ts';
import { newBrowser, newClient, newRequest, type OauthClient, redirectOf } from '../oauth.ts';

let client: OauthClient;
beforeAll(async () => {
  client = await newClient();
});

type Account = { email: string; password: string };

/** A browser in which the password was right, and the page that asks for more. */
async function halfWay({ email, password }: Account, parameters: Record<string, string> = {}) {
  const browser = newBrowser();
  const login = await browser.open((await newRequest(client, parameters)).url);
  const page = await browser.submit(login, { identifier: email, password }, '/login');
  const path = new URL(page.url).pathname;
  const post = (step: string, body: object, headers: Record<string, string> = {}) =>
    browser.request(`${path}${step}`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: {
        accept: 'application/json',
        'content-type': 'application/json',
        origin: gatehouse.url,
        ...headers,
      },
    });
  const verify = async (code: string, method = 'TOTP') =>
    (await post('/verify-mfa', { method, code })).status;
  return { browser, page, path, post, verify };
}

/** Whether the browser is known to the provider. */
const isSignedIn = async (browser: ReturnType<typeof newBrowser>) =>
  redirectOf(await browser.open((await newRequest(client, { prompt: 'none' })).url)).searchParams.get(
    'error',
  ) !== 'login_required';

describe('on the pages a second factor is not got round', () => {
  test('by guessing, over interactions and the API', async () => {
    const victim = await registerAndConfirm();
    const { app, backupCodes } = await addAuthenticator(victim);
    const places = await Promise.all(Array.from({ length: 6 }, () => halfWay(victim)));
    const statuses = await Promise.all(
      places.map(({ verify }, index) => verify(app.wrong(), index % 2 ? 'BACKUP_CODE' : 'TOTP')),
    );
    expect(new Set(statuses)).toEqual(new Set([401]));
    const { verify, browser } = await halfWay(victim);
    expect(await verify(await app.next())).toBe(401);
    expect(await verify(backupCodes[0] ?? '', 'BACKUP_CODE')).toBe(401);
    expect(await isSignedIn(browser)).toBe(false);
    const { challengeId } = await challengeOf(anyone, victim);
    expect(await verifyRefusal(anyone, challengeId, await app.next())).toBe('INVALID_CODE');
  });

  test('by a code that was used in the API, or the other way round', async () => {
    const victim = await registerAndConfirm();
    const { app } = await addAuthenticator(victim);
    const mine = await halfWay(victim);
    const used = await app.next();
    expect(await verifyRefusal(anyone, (await challengeOf(anyone, victim)).challengeId, used)).toBeNull();
    expect(await mine.verify(used)).toBe(401);
    const { challengeId } = await challengeOf(anyone, victim);
    const second = await app.next();
    expect(await mine.verify(second)).toBe(200);
    expect(await verifyRefusal(anyone, challengeId, second)).toBe('INVALID_CODE');
    expect(await mine.verify(second)).toBe(409);
  });

  test('by going on without it: consent, resuming, another request, or the cookies so far', async () => {
    const victim = await registerAndConfirm();
    await addAuthenticator(victim);
    const { browser, page, path, post } = await halfWay(victim);
    expect((await post('/consent', {})).status).toBe(409);
    expect((await post('/start-totp', {})).status).toBe(409);
    expect((await post('/confirm-totp', { code: '000000' })).status).toBe(409);
    expect((await browser.submit(page, {}, '/abort').then(redirectOf)).searchParams.get('error')).toBe(
      'access_denied',
    );
    const early = await halfWay(victim);
    const resumed = await early.browser.open(path.replace('/interaction/', '/authorize/'));
    expect(resumed.status).toBe(400);
    const own = await early.browser.open(early.path.replace('/interaction/', '/authorize/'));
    expect(own.text).toContain('name="password"');
    expect(await isSignedIn(early.browser)).toBe(false);
    expect([...early.browser.cookies.keys()].join()).not.toContain('device');
  });

  test('by another browser, another site, or a form that is not ours', async () => {
    const victim = await registerAndConfirm();
    const { app } = await addAuthenticator(victim);
    const { browser, page, path, post } = await halfWay(victim);
    const code = await app.next();
    const body = JSON.stringify({ method: 'TOTP', code });
    const headers = { 'content-type': 'application/json', origin: gatehouse.url };
    const elsewhere = newBrowser();
    expect((await elsewhere.request(`${path}/verify-mfa`, { method: 'POST', body, headers })).status).toBe(
      404,
    );
    const foreign = { origin: 'https://evil.example' };
    expect((await post('/verify-mfa', { method: 'TOTP', code }, foreign)).status).toBe(403);
    const form = {
      ...page,
      text: page.text.replaceAll(/name="csrf" value="[^"]*"/g, 'name="csrf" value="x"'),
    };
    for (const step of ['/verify-mfa', '/abort'])
      expect((await browser.submit(form, { method: 'TOTP', code }, step)).status).toBe(403);
    // Nothing of it was counted, or used up.
    expect((await post('/verify-mfa', { method: 'TOTP', code })).status).toBe(200);
  });

  test('by another account’s codes, nor by signing in as somebody else half way', async () => {
    const [victim, mallory] = [await registerAndConfirm(), await registerAndConfirm()];
    await addAuthenticator(victim);
    const own = await addAuthenticator(mallory);
    const { browser, page, post, verify, path } = await halfWay(victim);
    expect(page.text).toContain('Confirm that it is you');
    expect(await verify(await own.app.next())).toBe(401);
    // The challenge of the interaction is whose password came last.
    const again = { identifier: mallory.email, password: mallory.password };
    expect((await post('/login', again)).status).toBe(200);
    const done = await post('/verify-mfa', { method: 'TOTP', code: await own.app.next() });
    expect(done.status).toBe(200);
    const consent = await browser.open(path.replace('/interaction/', '/authorize/'));
    expect(consent.text).toContain(mallory.email);
    expect(consent.text).not.toContain(victim.email);
  });

  test('by a password that has changed since', async () => {
    const victim = await registerAndConfirm();
    const { app } = await addAuthenticator(victim);
    const { post, browser } = await halfWay(victim);
    await victim.client.ask(
      'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { endedSessions } }',
      { input: { currentPassword: victim.password, newPassword: newPassword() } },
    );
    expect((await post('/verify-mfa', { method: 'TOTP', code: await app.next() })).status).toBe(409);
    expect(await isSignedIn(browser)).toBe(false);
  });

  test('by a secret that somebody who knows the password has started: it is never shown again', async () => {
    const victim = await registerAndConfirm();
    const demanding = { acr_values: 'urn:gatehouse:acr:multi-factor' };
    const thief = await halfWay(victim, demanding);
    const { secret } = JSON.parse((await thief.post('/start-totp', {})).text);
    const { browser, page } = await halfWay(victim, demanding);
    const started = await browser.submit(page, {}, '/start-totp');
    expect(started.text).toContain('<svg');
    expect(started.text.replaceAll(' ', '')).not.toContain(secret);
  });
});
