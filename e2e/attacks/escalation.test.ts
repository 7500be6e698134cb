import { randomUUID } from 'node:crypto';
import { decodeJwt } from 'jose';
import * as openid from 'openid-client';
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
import {
  authorize,
  newBrowser,
  newClient,
  newRequest,
  type OauthClient,
  redeem,
  redirectOf,
  signInAt,
} from '../oauth.ts';

let reader: Awaited<ReturnType<typeof memberWith>>;
let app: OauthClient;
beforeAll(async () => {
  reader = await memberWith(['admin']);
  app = await newClient({ scopes: ['users:read', 'roles:read'] });
});

const users = '{ users(first: 1) { nodes { id } } }';
const scope = 'openid users:read';

test('a stolen code is of no use in another sign-in (code injection)', async () => {
  const victims = await newRequest(app);
  const stolen = await authorize(newBrowser(), victims.url, reader);
  const attackers = await newRequest(app);
  const injected = new URL(stolen);
  injected.searchParams.set('state', attackers.state);
  // Whoever planted it: the client’s own verifier is not the one that the code was asked for with.
  await expect(redeem(app, injected, attackers)).rejects.toMatchObject({ error: 'invalid_grant' });
  expect((await redeem(app, stolen, victims)).claims()?.sub).toBe(reader.id);
});

describe('a client gets no scope that it was not given:', () => {
  test('by asking for it', async () => {
    for (const asked of ['openid users:delete', 'openid clients:write', 'users:read\u0000users:delete']) {
      const page = await newBrowser().open((await newRequest(app, { scope: asked })).url);
      expect(page.text + (page.headers.get('location') ?? ''), asked).toMatch(
        /invalid_scope|invalid_request/,
      );
    }
    const { url } = await newRequest(app, { scope: 'openid users:delete' });
    await expect(openid.buildAuthorizationUrlWithPAR(app.config, url.searchParams)).rejects.toMatchObject({
      error: 'invalid_scope',
    });
  });

  test('by asking for it when it refreshes', async () => {
    const tokens = await signInAt(app, reader, { scope });
    for (const more of ['openid users:read roles:read', 'users:delete']) {
      const asking = openid.refreshTokenGrant(app.config, tokens.refresh_token ?? '', { scope: more });
      await expect(asking).rejects.toMatchObject({ error: 'invalid_scope' });
    }
    const less = await openid.refreshTokenGrant(app.config, tokens.refresh_token ?? '', { scope: 'openid' });
    expect(await anyone.as(less.access_token).refusal(users)).toBe('UNAUTHENTICATED');
  });

  test('by what the person may do and has not allowed', async () => {
    const tokens = await signInAt(app, reader, { scope });
    expect(await anyone.as(tokens.access_token).refusal('{ roles(first: 1) { nodes { id } } }')).toBe(
      'FORBIDDEN',
    );
  });
});

describe('a token exchange gives nobody more than they had:', () => {
  const accessToken = 'urn:ietf:params:oauth:token-type:access_token';
  let service: OauthClient;
  beforeAll(async () => {
    service = await newClient({
      scopes: ['users:read', 'roles:read', 'documents:read'],
      grantTypes: ['TOKEN_EXCHANGE', 'CLIENT_CREDENTIALS'],
      authMethod: 'CLIENT_SECRET_BASIC',
      redirectUris: [],
    });
  });
  const exchange = (subject: string, parameters: Record<string, string> = {}) =>
    openid.genericGrantRequest(service.config, 'urn:ietf:params:oauth:grant-type:token-exchange', {
      subject_token: subject,
      subject_token_type: accessToken,
      ...parameters,
    });

  test('scopes that were left out once do not come back', async () => {
    const tokens = await signInAt(app, reader, { scope: 'openid users:read roles:read' });
    const narrow = await exchange(tokens.access_token, { scope: 'roles:read' });
    for (const more of ['users:read', 'roles:read users:read', 'documents:read', 'openid']) {
      await expect(exchange(narrow.access_token, { scope: more }), more).rejects.toMatchObject({
        error: 'invalid_scope',
      });
    }
    expect(await anyone.as(narrow.access_token).refusal(users)).toBe('FORBIDDEN');
  });

  test('neither a client’s own token, nor another tenant’s, nor one that was revoked becomes a person’s', async () => {
    const own = await openid.clientCredentialsGrant(service.config, { scope: 'users:read' });
    const { tokens: foreign } = await otherTenant.registerAndConfirm();
    const revoked = await signInAt(app, reader, { scope });
    await openid.tokenRevocation(app.config, revoked.access_token);
    for (const subject of [own.access_token, foreign.accessToken, revoked.access_token, randomUUID()]) {
      await expect(exchange(subject)).rejects.toMatchObject({ error: 'invalid_grant' });
    }
  });

  test('it lives no longer than the token and the session it came from', async () => {
    const browser = newBrowser();
    const tokens = await signInAt(app, reader, { scope, browser });
    const exchanged = await exchange(tokens.access_token);
    const [from, to] = [decodeJwt(tokens.access_token), decodeJwt(exchanged.access_token)];
    expect(to.exp).toBeLessThanOrEqual(from.exp ?? 0);
    expect(await anyone.as(exchanged.access_token).refusal(users)).toBeNull();
    await reader.client.ask(
      'mutation ($input: RevokeSessionInput!) { revokeSession(input: $input) { sessionId } }',
      { input: { sessionId: tokens.claims()?.sid } },
    );
    await eventually(async () => {
      expect(await anyone.as(exchanged.access_token).refusal(users)).toBe('UNAUTHENTICATED');
    });
  });
});

describe('there is no way round consent:', () => {
  test('what was allowed one application, or less than this, or by somebody else, is not allowed', async () => {
    const [ada, other] = [await registerAndConfirm(), await newClient()];
    const browser = newBrowser();
    await signInAt(app, ada, { browser, scope: 'openid' });
    const error = async (client: OauthClient, asked: string) =>
      redirectOf(
        await browser.open((await newRequest(client, { scope: asked, prompt: 'none' })).url),
      ).searchParams.get('error');
    expect(await error(app, 'openid')).toBeNull();
    expect(await error(app, 'openid email')).toBe('consent_required');
    expect(await error(other, 'openid')).toBe('consent_required');
    const somebody = await registerAndConfirm();
    const elsewhere = newBrowser();
    const page = await elsewhere.open((await newRequest(app, { scope: 'openid' })).url);
    const asked = await elsewhere.submit(
      page,
      { identifier: somebody.email, password: somebody.password },
      '/login',
    );
    expect(asked.text).toContain('asks for access');
  });

  test('a consent says nothing about what is allowed, and so can’t be made to say more', async () => {
    const ada = await registerAndConfirm();
    const browser = newBrowser();
    const request = await newRequest(app, { scope: 'openid' });
    const page = await browser.open(request.url);
    const consent = await browser.submit(page, { identifier: ada.email, password: ada.password }, '/login');
    const more = { scope: 'openid email users:read', scopes: 'users:read', grantId: randomUUID() };
    const callback = redirectOf(await browser.submit(consent, more, '/consent'));
    const tokens = await redeem(app, callback, request);
    expect(tokens.scope).toBe('openid');
    const { me } = await ada.client.ask<{ me: { consents: { nodes: { scopes: string[] }[] } } }>(
      '{ me { consents { nodes { scopes } } } }',
    );
    expect(me.consents.nodes).toEqual([{ scopes: ['openid'] }]);
  });

  test('a consent that comes twice, or for a sign-in that is over, does nothing', async () => {
    const ada = await registerAndConfirm();
    const browser = newBrowser();
    const page = await browser.open((await newRequest(app)).url);
    const consent = await browser.submit(page, { identifier: ada.email, password: ada.password }, '/login');
    const csrf = /name="csrf" value="([^"]+)"/.exec(consent.text)?.[1] ?? '';
    await browser.submit(consent, {}, '/abort');
    const again = await browser.request(`${new URL(consent.url).pathname}/consent`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: gatehouse.url },
      body: new URLSearchParams({ csrf }).toString(),
    });
    expect(again.headers.get('location') ?? '').not.toContain('code=');
    const { client: admin } = await administrator();
    const { user } = await admin.ask<{ user: { consents: { nodes: unknown[] } } }>(
      'query ($id: ID!) { user(id: $id) { consents { nodes { clientId } } } }',
      { id: ada.id },
    );
    expect(user.consents.nodes).toEqual([]);
  });
});

test('an application that acts for a person does not see how they sign in', async () => {
  const granted = ['profile:read', 'profile:write', 'documents:create'];
  const ordinary = await newClient({ scopes: granted });
  const member = await memberWith(['user']);
  const tokens = await signInAt(ordinary, member, { scope: `openid ${granted.join(' ')}` });
  const api = anyone.as(tokens.access_token);
  for (const query of [
    '{ mfa { factors { method } devices { ipAddress userAgent } } }',
    '{ me { sessions(first: 1) { nodes { ipAddress } } } }',
    '{ me { apiKeys(first: 1) { nodes { start } } } }',
    '{ me { consents(first: 1) { nodes { clientId } } } }',
    '{ me { linkedAccounts { account } } }',
    '{ session { ipAddress } }',
    '{ session { device { name } } }',
    '{ securityEvents(first: 1) { nodes { ipAddress } } }',
  ]) {
    expect(await api.refusal(query), query).toBe('FORBIDDEN');
    expect(await member.client.refusal(query), query).toBeNull();
  }
  const stream = api.subscribe('subscription { securityEvents { ipAddress } }');
  expect(await stream.ended()).toBe('FORBIDDEN');
  expect(await api.ask('{ me { id lastLoginAt } session { amr user { id } } }')).toMatchObject({
    me: { id: member.id, lastLoginAt: null },
    session: { user: { id: member.id } },
  });

  // Nor changes it, nor leaves in their name.
  const { session } = await member.client.ask<{ session: { id: string } }>('{ session { id } }');
  const rename = `mutation { renameSession(input: { sessionId: "${session.id}", name: "x" }) { session { ipAddress } } }`;
  expect(await api.refusal(rename)).toBe('FORBIDDEN');
  expect(await api.refusal('mutation { deactivateUser(input: {}) { user { id } } }')).toBe('FORBIDDEN');
});

test('an application sees nothing of the person it acts for without profile:read', async () => {
  const scopes = ['profile:read', 'profile:write', 'documents:create'];
  const application = await newClient({ scopes });
  const member = await memberWith(['user']);
  const blind = anyone.as(
    (await signInAt(application, member, { scope: 'openid documents:create' })).access_token,
  );
  const seeing = anyone.as(
    (await signInAt(application, member, { scope: 'openid profile:read' })).access_token,
  );
  for (const document of [
    '{ me { id } }',
    '{ me { email roles { name } } }',
    '{ me { notifications(first: 1) { nodes { body } } } }',
    'mutation { markAllNotificationsRead { readCount } }',
    `mutation { markNotificationRead(input: { notificationId: "${randomUUID()}" }) { notification { body } } }`,
  ]) {
    expect(await blind.refusal(document), document).toBe('FORBIDDEN');
    expect(await seeing.refusal(document), document).toBe(document.includes('Id:') ? 'NOT_FOUND' : null);
    expect(await member.client.refusal(document), document).toBe(
      document.includes('Id:') ? 'NOT_FOUND' : null,
    );
  }
  const stream = blind.subscribe('subscription { notificationReceived { body } }');
  expect(await stream.ended()).toBe('FORBIDDEN');
  // Nor by the way of a field that leads to them.
  const { data } = await blind.graphql('{ session { user { id email notifications { nodes { body } } } } }');
  expect(JSON.stringify(data ?? null)).not.toContain(member.email);
  expect(await blind.ask('{ session { user { id } } }')).toEqual({ session: { user: { id: member.id } } });
});

test('an application that does not see the person it acts for is taken for them all the same', async () => {
  const application = await newClient({ scopes: ['users:write'] });
  const admin = await administrator();
  const { id } = await admin.client.ask<{ me: { id: string } }>('{ me { id } }').then(({ me }) => me);
  const tokens = await signInAt(application, admin, { scope: 'openid users:write' });
  const api = anyone.as(tokens.access_token);
  const input = { input: { userId: id } };
  for (const name of ['disableUser', 'deactivateUser']) {
    const type = name.replace('d', 'D');
    const document = `mutation ($input: ${type}Input!) { ${name}(input: $input) { user { id } } }`;
    expect(await api.refusal(document, input), name).toBe('FORBIDDEN');
  }
});
