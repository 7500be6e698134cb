import * as openid from 'openid-client';
import { expect, test } from 'vitest';
import { anyone, eventually, gatehouse, memberWith, registerAndConfirm } from '../gatehouse.ts';
import {
  authorize,
  newBrowser,
  newClient,
  newRequest,
  redeem,
  redirectOf,
  redirectUri,
  signInAt,
} from '../oauth.ts';

test('a person signs in at an application on our pages, allows it, and is known to it', async () => {
  const ada = await registerAndConfirm({ firstName: 'Ada', lastName: 'Lovelace' });
  const client = await newClient();
  const request = await newRequest(client, { scope: 'openid profile email', login_hint: ada.email });
  const browser = newBrowser();
  const login = await browser.open(request.url);
  expect(login.status).toBe(200);
  expect(login.text).toContain(`value="${ada.email}"`);
  const policy = login.headers.get('content-security-policy') ?? '';
  expect(policy).toMatch(/script-src http[^ ']+\/oauth2\/passkeys-[0-9a-f]{16}\.js;/);
  expect(login.headers.get('cache-control')).toBe('no-store');

  const again = await browser.submit(
    login,
    { identifier: ada.email, password: 'not the password' },
    '/login',
  );
  expect(again.status).toBe(401);
  expect(again.text).toContain('role="alert"');
  const consent = await browser.submit(again, { identifier: ada.email, password: ada.password }, '/login');
  expect(consent.text).toContain('asks for access');
  expect(consent.text).toContain('see your e-mail address');

  const callback = redirectOf(await browser.submit(consent, {}, '/consent'));
  expect(`${callback.origin}${callback.pathname}`).toBe(redirectUri);
  const tokens = await redeem(client, callback, request);
  expect(tokens.claims()).toMatchObject({
    sub: ada.id,
    email: ada.email,
    name: 'Ada Lovelace',
    amr: ['pwd'],
    acr: 'urn:gatehouse:acr:single-factor',
    sid: expect.any(String),
  });
  // What somebody may do in this product is no business of another application.
  expect(tokens.claims()).not.toHaveProperty('permissions');
  expect(await openid.fetchUserInfo(client.config, tokens.access_token, ada.id)).toMatchObject({
    email: ada.email,
  });
  expect(await anyone.as(tokens.access_token).refusal('{ me { email } }')).toBe('UNAUTHENTICATED');

  const renewed = await openid.refreshTokenGrant(client.config, tokens.refresh_token ?? '');
  expect(renewed.claims()?.sub).toBe(ada.id);
});

test('who is signed in is not asked again, and what was allowed is remembered', async () => {
  const ada = await registerAndConfirm();
  const client = await newClient();
  const browser = newBrowser();
  const first = await signInAt(client, ada, { browser });
  // No password and no form: one chain of redirects.
  const silent = await newRequest(client, { prompt: 'none' });
  const second = await redeem(client, redirectOf(await browser.open(silent.url)), silent);
  expect(second.claims()?.sid).toBe(first.claims()?.sid);

  const elsewhere = newBrowser();
  const request = await newRequest(client);
  const page = await elsewhere.open(request.url);
  const allowed = await elsewhere.submit(page, { identifier: ada.email, password: ada.password }, '/login');
  expect(redirectOf(allowed).searchParams.get('code')).toBeTruthy();
  // More than before is asked for again.
  const more = await browser.open((await newRequest(client, { scope: 'openid email profile' })).url);
  expect(more.text).toContain('asks for access');
});

test('prompt, max_age and acr_values are honoured', async () => {
  const ada = await registerAndConfirm();
  const client = await newClient();
  const browser = newBrowser();
  const error = async (parameters: Record<string, string>) =>
    redirectOf(await browser.open((await newRequest(client, parameters)).url)).searchParams.get('error');
  expect(await error({ prompt: 'none' })).toBe('login_required');
  const first = await signInAt(client, ada, { browser });
  expect(await error({ prompt: 'none', scope: 'openid profile' })).toBe('consent_required');
  expect(await error({ prompt: 'none', max_age: '0' })).toBe('login_required');

  for (const parameters of [{ prompt: 'login' }, { max_age: '0' }] as Record<string, string>[]) {
    const request = await newRequest(client, parameters);
    const page = await browser.open(request.url);
    expect(page.text, JSON.stringify(parameters)).toContain('name="password"');
    const callback = await authorize(browser, request.url, ada);
    const again = await redeem(client, callback, request);
    // The same session, proved again.
    expect(again.claims()?.sid).toBe(first.claims()?.sid);
  }
  const asked = await browser.open((await newRequest(client, { prompt: 'consent' })).url);
  expect(asked.text).toContain('asks for access');
  expect(redirectOf(await browser.submit(asked, {}, '/abort')).searchParams.get('error')).toBe(
    'access_denied',
  );
});

test('a script of our own pages signs a person in by JSON', async () => {
  const ada = await registerAndConfirm();
  const client = await newClient();
  const request = await newRequest(client);
  const browser = newBrowser();
  const page = await browser.open(request.url);
  const headers = { accept: 'application/json', 'content-type': 'application/json', origin: gatehouse.url };
  const ask = async (path: string, body?: unknown) => {
    const answer = await browser.request(`${new URL(page.url).pathname}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: JSON.parse(answer.text) };
  };
  expect((await ask('')).body).toMatchObject({
    prompt: 'login',
    client: { id: client.id },
    scopes: ['openid', 'email'],
  });
  expect(await ask('/login', { identifier: ada.email, password: 'wrong' })).toMatchObject({
    status: 401,
    body: { error: 'invalid_credentials' },
  });
  expect((await ask('/login', { identifier: '', password: '' })).body).toMatchObject({
    error: 'bad_user_input',
  });
  const { body } = await ask('/login', { identifier: ada.email, password: ada.password });
  const consent = await browser.open(body.redirectTo);
  const callback = redirectOf(await browser.submit(consent, {}, '/consent'));
  expect((await redeem(client, callback, request)).claims()?.sub).toBe(ada.id);
});

test('a sign-in through the API makes the browser known, once it is asked to', async () => {
  const ada = await registerAndConfirm();
  const client = await newClient({ firstParty: true });
  const browser = newBrowser();
  const opened = await browser.request('/oauth2/session', {
    method: 'POST',
    body: '{}',
    headers: {
      'content-type': 'application/json',
      origin: gatehouse.url,
      authorization: `Bearer ${ada.tokens.accessToken}`,
    },
  });
  expect(opened.status, opened.text).toBe(204);
  expect(opened.headers.get('set-cookie')).toMatch(/httponly/i);
  const request = await newRequest(client, { prompt: 'none' });
  const tokens = await redeem(client, redirectOf(await browser.open(request.url)), request);
  expect(tokens.claims()?.sid).toBe(ada.tokens.sessionId);

  await ada.client.ask('mutation { logout }');
  const after = await browser.open((await newRequest(client, { prompt: 'none' })).url);
  expect(redirectOf(after).searchParams.get('error')).toBe('login_required');
  await expect(openid.refreshTokenGrant(client.config, tokens.refresh_token ?? '')).rejects.toMatchObject({
    error: 'invalid_grant',
  });
});

test('an application uses the API for a person, within what the person allowed and may do', async () => {
  const reader = await memberWith(['admin']);
  const client = await newClient({ scopes: ['users:read', 'roles:read'] });
  const tokens = await signInAt(client, reader, { scope: 'openid users:read' });
  const api = anyone.as(tokens.access_token);
  expect(await api.refusal('{ users(first: 1) { nodes { id } } }')).toBeNull();
  expect(await api.refusal('{ roles(first: 1) { nodes { id } } }')).toBe('FORBIDDEN');
  expect(await api.refusal('mutation { revokeAllSessions { endedSessions } }')).toBe('FORBIDDEN');
  expect(await api.refusal('mutation { logout }')).toBe('FORBIDDEN');

  // The person loses the permission, and the application with them.
  const plain = await memberWith();
  const none = await signInAt(client, plain, { scope: 'openid users:read' });
  expect(await anyone.as(none.access_token).refusal('{ users { totalCount } }')).toBe('UNAUTHENTICATED');
});

test('signing out at the application ends the session everywhere', async () => {
  const ada = await registerAndConfirm();
  const [client, other] = [
    await newClient({ postLogoutRedirectUris: ['https://app.example.com/bye'] }),
    await newClient(),
  ];
  const browser = newBrowser();
  const tokens = await signInAt(client, ada, { browser });
  const elsewhere = await signInAt(other, ada, { browser });
  const url = openid.buildEndSessionUrl(client.config, {
    id_token_hint: tokens.id_token ?? '',
    post_logout_redirect_uri: 'https://app.example.com/bye',
    state: 'so long',
  });
  const page = await browser.open(url);
  expect(page.text).toContain('Sign out?');
  const left = redirectOf(await browser.submit(page, { logout: 'yes' }));
  expect(left.href).toBe('https://app.example.com/bye?state=so+long');
  for (const [at, { refresh_token: token }] of [
    [client, tokens],
    [other, elsewhere],
  ] as const) {
    await expect(openid.refreshTokenGrant(at.config, token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    });
  }
  await eventually(async () => {
    const { sessions } = (
      await ada.client.ask<{ me: { sessions: { nodes: { id: string }[] } } }>(
        '{ me { sessions { nodes { id } } } }',
      )
    ).me;
    expect(sessions.nodes.map(({ id }) => id)).not.toContain(tokens.claims()?.sid);
  });
});
