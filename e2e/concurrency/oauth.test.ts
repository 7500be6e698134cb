import * as openid from 'openid-client';
import { expect, test } from 'vitest';
import { anyone, eventually, memberWith, registerAndConfirm } from '../gatehouse.ts';
import { authorize, newBrowser, newClient, newRequest, redeem, redirectOf, signInAt } from '../oauth.ts';

const times = 50;
const race = async (attempt: (index: number) => Promise<unknown>): Promise<number> => {
  const outcomes = await Promise.allSettled(Array.from({ length: times }, (_, index) => attempt(index)));
  return outcomes.filter(({ status }) => status === 'fulfilled').length;
};

test('50 uses of one code: one set of tokens', async () => {
  const [client, ada] = [await newClient(), await registerAndConfirm()];
  const request = await newRequest(client);
  const callback = await authorize(newBrowser(), request.url, ada);
  expect(await race(() => redeem(client, callback, request))).toBe(1);
});

test('50 polls with one device code that was allowed: one set of tokens', async () => {
  const ada = await registerAndConfirm();
  const client = await newClient({ grantTypes: ['DEVICE_CODE', 'REFRESH_TOKEN'], redirectUris: [] });
  const device = await openid.initiateDeviceAuthorization(client.config, { scope: 'openid' });
  const browser = newBrowser();
  const confirm = await browser.submit(await browser.open('/oauth2/device'), { user_code: device.user_code });
  const login = await browser.submit(confirm, { confirm: 'yes' });
  const consent = await browser.submit(login, { identifier: ada.email, password: ada.password }, '/login');
  expect((await browser.submit(consent, {}, '/consent')).text).toContain('Device connected');
  expect(
    await race(() => openid.pollDeviceAuthorizationGrant(client.config, { ...device, interval: 0.01 })),
  ).toBe(1);
});

test('50 uses of one pushed request: one code', async () => {
  const [client, ada] = [await newClient(), await registerAndConfirm()];
  const browser = newBrowser();
  await authorize(browser, (await newRequest(client)).url, ada);
  const { url } = await newRequest(client);
  const pushed = await openid.buildAuthorizationUrlWithPAR(client.config, url.searchParams);
  const won = await race(async () => {
    const { cookies } = browser;
    const own = newBrowser();
    for (const [name, cookie] of cookies) own.cookies.set(name, cookie);
    const page = await own.open(pushed);
    if (!redirectOf(page).searchParams.has('code')) throw new Error('refused');
  });
  expect(won).toBe(1);
});

test('ten applications that a browser opens at once are all signed in', async () => {
  const ada = await registerAndConfirm();
  const clients = await Promise.all(Array.from({ length: 10 }, () => newClient({ firstParty: true })));
  const [first] = clients;
  if (!first) throw new Error('no client');
  const browser = newBrowser();
  await authorize(browser, (await newRequest(first)).url, ada);
  const sessions = await Promise.all(
    clients.map(async (client) => {
      const request = await newRequest(client, { prompt: 'none' });
      const callback = redirectOf(await browser.open(request.url));
      return (await redeem(client, callback, request)).claims()?.sid;
    }),
  );
  expect(new Set(sessions).size).toBe(1);
});

test('a consent taken back while tokens are renewed leaves none that works', async () => {
  const reader = await memberWith(['admin']);
  const app = await newClient({ scopes: ['users:read'] });
  const held = await Promise.all(
    Array.from({ length: 8 }, () => signInAt(app, reader, { scope: 'openid users:read' })),
  );
  const withdrawn = reader.client.ask(
    'mutation ($input: WithdrawConsentInput!) { withdrawConsent(input: $input) { clientId } }',
    { input: { clientId: app.id } },
  );
  const renewed = await Promise.allSettled(
    held.map(({ refresh_token: token }) => openid.refreshTokenGrant(app.config, token ?? '')),
  );
  await withdrawn;
  const tokens = [...held, ...renewed.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))];
  await eventually(async () => {
    for (const { access_token: token } of tokens) {
      expect(await anyone.as(token).refusal('{ users(first: 1) { nodes { id } } }')).toBe('UNAUTHENTICATED');
    }
  });
  for (const { refresh_token: token } of tokens) {
    await expect(openid.refreshTokenGrant(app.config, token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    });
  }
});
