import { createServer, type Server } from 'node:http';
import { closeServer, listen } from '@gatehouse/service-kit';
import { newAddress, newPassword, type Person, randomText } from '@gatehouse/testkit/clients';
import {
  type IdentityProviderServer,
  startIdentityProvider,
  telegramPayload,
} from '@gatehouse/testkit/providers';
import { exportSPKI, generateKeyPair } from 'jose';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  addOpenid,
  addProvider,
  answerOf,
  codeFrom,
  completeExternalLogin,
  createProvider,
  linkAccount,
  linkBy,
  locationOf,
  newBrowser,
  newVerifier,
  refusalBy,
  signInBy,
  startUrl,
  unlinkAccount,
  updateOf,
  updateProvider,
  visit,
} from '../federation.ts';
import {
  administrator,
  anyone,
  eventually,
  gatehouse,
  memberWith,
  otherTenant,
  register,
  registerAndConfirm,
} from '../gatehouse.ts';
import { addAuthenticator } from '../mfa.ts';

let honest: IdentityProviderServer;
let evil: IdentityProviderServer;
beforeAll(async () => {
  honest = await startIdentityProvider();
  evil = await startIdentityProvider();
});
afterAll(async () => {
  await honest.stop();
  await evil.stop();
});

/** What only an operator can do: as if time had passed. */
async function sql(text: string, values: unknown[]): Promise<void> {
  const client = new pg.Client({ connectionString: gatehouse.databaseUrl });
  await client.connect();
  await client.query(text, values);
  await client.end();
}

const cookieOf = (browser: ReturnType<typeof newBrowser>) =>
  [...browser.cookies].map(([name, { value }]) => `${name}=${value}`).join('; ');

describe('an answer of a provider counts once, for whoever began, from whom it was asked:', () => {
  test('mix-up: the answer of one provider at the address of another, or that names another issuer', async () => {
    const [good, bad] = [await addOpenid(honest), await addOpenid(evil)];
    honest.member({ email: newAddress() });
    const browser = newBrowser();
    const answer = await answerOf(browser, good, newVerifier().challenge);
    const elsewhere = new URL(answer.href.replace(good, bad));
    expect((await newBrowser().request(elsewhere, { headers: { cookie: cookieOf(browser) } })).status).toBe(
      400,
    );
    // RFC 9207: `iss` tells whose answer it is.
    answer.searchParams.set('iss', evil.issuer);
    expect(locationOf(await browser.request(answer)).searchParams.get('error')).toBe('provider_failed');

    const again = newBrowser();
    const nameless = await answerOf(again, good, newVerifier().challenge);
    nameless.searchParams.delete('iss');
    expect(locationOf(await again.request(nameless)).searchParams.get('error')).toBe('provider_failed');
  });

  test('state replay, and a state that nobody has given out', async () => {
    const providerId = await addOpenid(honest);
    honest.member({ email: newAddress() });
    const browser = newBrowser();
    const answer = await answerOf(browser, providerId, newVerifier().challenge);
    const cookie = cookieOf(browser);
    expect((await newBrowser().request(answer, { headers: { cookie } })).status).toBe(303);
    expect((await newBrowser().request(answer, { headers: { cookie } })).status).toBe(400);
    const twice = new URL(answer);
    twice.searchParams.append('state', 'x');
    answer.searchParams.set('state', 'made-up');
    for (const url of [answer, twice]) {
      expect((await newBrowser().request(url, { headers: { cookie } })).status).toBe(400);
    }
  });

  test('nonce replay and code injection: a code that another sign-in was answered with', async () => {
    const providerId = await addOpenid(honest);
    const victim = honest.member({ email: newAddress() });
    const stolen = await answerOf(newBrowser(), providerId, newVerifier().challenge);
    honest.member({ email: newAddress() });
    const browser = newBrowser();
    const own = await answerOf(browser, providerId, newVerifier().challenge);
    own.searchParams.set('code', stolen.searchParams.get('code') ?? '');
    // PKCE ties the code to the sign-in it was issued in.
    expect(locationOf(await browser.request(own)).searchParams.get('error')).toBe('provider_failed');
    expect(victim).toBeTruthy();
  });

  test('login CSRF and session fixation: another browser, another script, another site', async () => {
    const providerId = await addOpenid(honest, { signUp: true });
    honest.member({ email: newAddress(), email_verified: true });
    const mine = newVerifier();
    const answer = await answerOf(newBrowser(), providerId, mine.challenge);
    // The victim's browser is led to the answer of the attacker's own sign-in.
    expect((await newBrowser().request(answer)).status).toBe(400);
    const code = (await visit(providerId, mine.challenge)).searchParams.get('code');
    const input = { code, codeVerifier: newVerifier().codeVerifier };
    expect(await anyone.refusal(completeExternalLogin, { input })).toBe('INVALID_CODE');
    expect(
      await otherTenant.anyone.refusal(completeExternalLogin, {
        input: { ...mine, challenge: undefined, code },
      }),
    ).toBe('INVALID_CODE');
    const headers = { 'sec-fetch-site': 'cross-site' };
    expect((await newBrowser().request(startUrl(providerId, mine.challenge), { headers })).status).toBe(403);
    // A wrong verifier uses nothing up.
    const { codeVerifier } = mine;
    expect(await anyone.refusal(completeExternalLogin, { input: { code, codeVerifier } })).toBeNull();
  });

  test('open redirect: nobody is sent away from the tenant', async () => {
    const providerId = await addOpenid(honest);
    const { challenge } = newVerifier();
    for (const away of [
      'https://evil.example',
      '//evil.example',
      '/\\evil.example',
      '\\\\evil.example',
      'x',
      '',
    ]) {
      const page = await newBrowser().request(startUrl(providerId, challenge, away));
      expect(page.status, away).toBe(400);
      expect(page.headers.get('location')).toBeNull();
    }
    expect((await newBrowser().request(startUrl(providerId, ''))).status).toBe(400);
  });

  test('a code that is too old, or of a provider that was switched off meanwhile', async () => {
    const providerId = await addOpenid(honest, { signUp: true });
    honest.member({ email: newAddress(), email_verified: true });
    const old = await codeFrom(providerId);
    await sql('update auth.external_login set code_expires_at = now() where provider_id = $1', [providerId]);
    expect(await anyone.refusal(completeExternalLogin, { input: old })).toBe('INVALID_CODE');
    const late = await codeFrom(providerId);
    await updateOf(providerId, { enabled: false });
    expect(await anyone.refusal(completeExternalLogin, { input: late })).toBe('INVALID_CODE');
    expect((await newBrowser().request(startUrl(providerId, newVerifier().challenge))).status).toBe(404);
  });
});

describe('an account is not taken over', () => {
  test('by an address that nobody has verified, or that the tenant does not trust the provider with', async () => {
    const victim = await registerAndConfirm();
    const unverified = await addOpenid(evil, { signUp: true, linkByEmail: true });
    evil.member({ email: victim.email, email_verified: false });
    expect(await refusalBy(unverified)).toBe('ACCOUNT_NOT_LINKED');
    // The same answer for an address that is nobody's: it tells nothing.
    evil.member({ email: newAddress(), email_verified: false });
    expect(await refusalBy(unverified)).toBe('ACCOUNT_NOT_LINKED');
    evil.member({ email: victim.email });
    expect(await refusalBy(unverified)).toBe('ACCOUNT_NOT_LINKED');

    const untrusted = await addOpenid(evil, { signUp: true });
    evil.member({ email: victim.email, email_verified: true });
    expect(await refusalBy(untrusted)).toBe('ACCOUNT_NOT_LINKED');
    const { me } = await victim.client.ask<{ me: unknown }>(
      '{ me { linkedAccounts { id } sessions { nodes { id } } } }',
    );
    expect(me).toMatchObject({ linkedAccounts: [], sessions: { nodes: [{}] } });
  });

  test('that somebody has prepared with the victim’s address: it has to be confirmed, and by mail', async () => {
    const providerId = await addOpenid(honest, { signUp: true, linkByEmail: true });
    const { email } = await register();
    honest.member({ email, email_verified: true });
    expect(await refusalBy(providerId)).toBe('ACCOUNT_NOT_LINKED');
    // An administrator who lets it in has seen no mail.
    const { client } = await administrator();
    const { users } = await client.ask<{ users: { nodes: { id: string }[] } }>(
      'query ($text: String) { users(filter: { text: $text }) { nodes { id } } }',
      { text: email },
    );
    await client.ask(
      'mutation ($input: ActivateUserInput!) { activateUser(input: $input) { user { id } } }',
      {
        input: { userId: users.nodes[0]?.id },
      },
    );
    expect(await refusalBy(providerId)).toBe('ACCOUNT_NOT_LINKED');
  });

  test('but the one whose confirmed address a trusted provider has verified is found', async () => {
    const providerId = await addOpenid(honest, { linkByEmail: true });
    const ada = await registerAndConfirm();
    honest.member({ email: ada.email.toUpperCase(), email_verified: true });
    const { client } = await signInBy(providerId);
    expect(await client.ask('{ me { id } }')).toEqual({ me: { id: ada.id } });
  });

  test('of somebody who may more than whoever configured the provider', async () => {
    const { client: root } = await administrator();
    const configurers = `configurers-${randomText()}`;
    await root.ask('mutation ($input: CreateRoleInput!) { createRole(input: $input) { role { id } } }', {
      input: { name: configurers, permissions: ['identity-providers:read', 'identity-providers:write'] },
    });
    const mallory = await memberWith(['user', configurers]);
    const providerId = await addOpenid(evil, { linkByEmail: true, emailTrust: 'ALWAYS' }, mallory);
    const admin = await memberWith(['admin']);
    evil.member({ email: admin.email });
    expect(await refusalBy(providerId)).toBe('ACCOUNT_NOT_LINKED');
    // Nor do roles that are mapped to it, or given at the first sign-in, get beyond them.
    for (const more of [
      { roleMappings: [{ value: 'x', role: 'admin' }], claims: { roles: 'roles' } },
      { signUp: true, signUpRole: 'admin' },
    ]) {
      const input = { name: 'More', kind: 'OIDC', issuer: evil.issuer, clientId: evil.client.id, ...more };
      expect(await mallory.client.refusal(createProvider, { input })).toBe('FORBIDDEN');
      expect(
        await mallory.client.refusal(updateProvider, { input: { identityProviderId: providerId, ...more } }),
      ).toBe('FORBIDDEN');
    }
  });

  test('by a role that has grown since it was mapped', async () => {
    const { client: root } = await administrator();
    const [configurers, mapped] = [`configurers-${randomText()}`, `mapped-${randomText()}`];
    const create = 'mutation ($input: CreateRoleInput!) { createRole(input: $input) { role { id } } }';
    const permissions = [
      'identity-providers:read',
      'identity-providers:write',
      'profile:read',
      'profile:write',
      'documents:create',
    ];
    await root.ask(create, { input: { name: configurers, permissions } });
    await root.ask(create, { input: { name: mapped, permissions: ['profile:read'] } });
    const mallory = await memberWith([configurers]);
    const providerId = await addOpenid(
      evil,
      { signUp: true, claims: { roles: 'roles' }, roleMappings: [{ value: 'x', role: mapped }] },
      mallory,
    );
    await root.ask('mutation ($input: UpdateRoleInput!) { updateRole(input: $input) { role { id } } }', {
      input: { name: mapped, permissions: ['users:delete'] },
    });
    evil.member({ email: newAddress(), email_verified: true, roles: ['x'] });
    const { client } = await signInBy(providerId);
    expect(await client.ask('{ me { roles { name } } }')).toEqual({ me: { roles: [{ name: 'user' }] } });
  });

  test('through a link that is somebody else’s: each account there is one account here', async () => {
    const providerId = await addOpenid(honest);
    const [ada, mallory] = [await registerAndConfirm(), await registerAndConfirm()];
    honest.member({ email: newAddress() });
    await linkBy(providerId, ada);
    expect(await mallory.client.refusal(linkAccount, { input: await codeFrom(providerId) })).toBe('CONFLICT');
    const { me } = await ada.client.ask<{ me: { linkedAccounts: { id: string }[] } }>(
      '{ me { linkedAccounts { id } } }',
    );
    const input = { linkedAccountId: me.linkedAccounts[0]?.id };
    expect(await mallory.client.refusal(unlinkAccount, { input })).toBe('NOT_FOUND');
  });
});

describe('the ways in', () => {
  test('the last one is not unlinked, and its provider not deleted by accident', async () => {
    const providerId = await addOpenid(honest, { signUp: true });
    honest.member({ email: newAddress(), email_verified: true });
    const { client } = await signInBy(providerId);
    const { me } = await client.ask<{ me: { linkedAccounts: { id: string }[] } }>(
      '{ me { linkedAccounts { id } } }',
    );
    expect(
      await client.refusal(unlinkAccount, { input: { linkedAccountId: me.linkedAccounts[0]?.id } }),
    ).toBe('CONFLICT');
    const { client: admin } = await administrator();
    const remove =
      'mutation ($input: DeleteIdentityProviderInput!) { deleteIdentityProvider(input: $input) { identityProviderId } }';
    expect(await admin.refusal(remove, { input: { identityProviderId: providerId } })).toBe('CONFLICT');
    expect(
      await admin.refusal(remove, { input: { identityProviderId: providerId, force: true } }),
    ).toBeNull();
  });

  test('a second factor is asked for after a provider too, unless the tenant trusts the one shown there', async () => {
    const providerId = await addOpenid(honest);
    const ada = await registerAndConfirm();
    const email = newAddress();
    const id = honest.member({ email, amr: ['pwd', 'mfa'] });
    await linkBy(providerId, ada);
    await addAuthenticator(ada);
    const answer = async () =>
      (
        await anyone.ask<{ completeExternalLogin: { __typename: string } }>(completeExternalLogin, {
          input: await codeFrom(providerId),
        })
      ).completeExternalLogin.__typename;
    expect(await answer()).toBe('MfaChallenge');
    await updateOf(providerId, { trustMfa: true });
    expect(await answer()).toBe('TokenSet');
    honest.members.set(id, { email, amr: ['pwd'] });
    expect(await answer()).toBe('MfaChallenge');
  });

  test('linking and unlinking ask for a recent authentication, and for the person themselves', async () => {
    const providerId = await addOpenid(honest);
    const ada = await registerAndConfirm();
    honest.member({ email: newAddress() });
    await sql("update auth.session set auth_time = now() - interval '1 hour' where user_id = $1", [ada.id]);
    await eventually(async () =>
      expect(await ada.client.refusal(linkAccount, { input: await codeFrom(providerId) })).toBe(
        'STEP_UP_REQUIRED',
      ),
    );
  });

  test('guessing passwords of a provider ends after five, and the provider is not asked', async () => {
    const providerId = await addOpenid(honest, { signUp: true, passwordLogin: true });
    const [email, password] = [newAddress(), newPassword()];
    honest.member({ email, email_verified: true, password });
    const login =
      'mutation ($input: LoginWithProviderInput!) { loginWithProvider(input: $input) { __typename } }';
    const attempt = (text: string) =>
      anyone.refusal(login, { input: { providerId, username: email, password: text } });
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => attempt(newPassword())));
    expect(new Set(outcomes)).toEqual(new Set(['INVALID_CREDENTIALS']));
    const asked = honest.requests.filter((path) => path === '/token').length;
    expect(await attempt(password)).toBe('INVALID_CREDENTIALS');
    expect(honest.requests.filter((path) => path === '/token')).toHaveLength(asked);
  });
});

describe('a Telegram payload that is', () => {
  const botToken = `7700000002:${randomText()}${randomText()}`;
  const telegram = () =>
    addProvider({ name: 'Telegram', kind: 'TELEGRAM', clientId: 'clinic_bot', clientSecret: botToken });
  const login =
    'mutation ($input: LoginWithTelegramInput!) { loginWithTelegram(input: $input) { __typename } }';
  const now = () => Math.floor(Date.now() / 1000);

  test('forged, altered, stale, of tomorrow or used is refused', async () => {
    const providerId = await telegram();
    const ada = await registerAndConfirm();
    const id = String(Date.now());
    const first = telegramPayload(botToken, { id });
    await ada.client.ask(linkAccount, { input: { providerId, telegram: first } });
    const refusal = (payload: unknown) => anyone.refusal(login, { input: { providerId, payload } });
    const good = telegramPayload(botToken, { id, username: 'ada' });
    for (const payload of [
      first,
      telegramPayload('7700000003:another-bot', { id }),
      { ...good, username: 'mallory' },
      { ...good, id: `${id}1` },
      { ...good, hash: '0'.repeat(64) },
      telegramPayload(botToken, { id, authDate: now() - 301 }),
      telegramPayload(botToken, { id, authDate: now() + 60 }),
    ]) {
      expect(await refusal(payload)).toBe('INVALID_CREDENTIALS');
    }
    expect(await refusal({ ...good, hash: 'x' })).toBe('BAD_USER_INPUT');
    expect(await refusal(good)).toBeNull();
    expect(await refusal(good)).toBe('INVALID_CREDENTIALS');
  });

  test('signed with a bot that another administrator has put in its place', async () => {
    const providerId = await telegram();
    const { client } = await administrator();
    const input = { identityProviderId: providerId, clientSecret: `7700000009:${randomText()}` };
    expect(await client.refusal(updateProvider, { input })).toBe('BAD_USER_INPUT');
  });
});

describe('a token of a provider at the API', () => {
  let ada: Person;
  let subject: string;
  beforeAll(async () => {
    await addOpenid(evil, { acceptTokens: true, tokenAudience: evil.api });
    const providerId = await addOpenid(honest, { acceptTokens: true, tokenAudience: honest.api });
    ada = await registerAndConfirm();
    subject = honest.member({ email: newAddress() });
    await linkBy(providerId, ada);
  });
  const refusal = async (token: Promise<string>) => anyone.as(await token).refusal('{ me { id } }');

  test('stands for who is linked', async () => {
    const { client } = { client: anyone.as(await honest.sign({ sub: subject })) };
    expect(await client.ask('{ me { id } }')).toEqual({ me: { id: ada.id } });
  });

  test('is refused with another algorithm, key, issuer, audience or kind, and after its time', async () => {
    const { publicKey, privateKey } = await generateKeyPair('RS256');
    const spki = new TextEncoder().encode(await exportSPKI(honest.publicKey));
    const now = Math.floor(Date.now() / 1000);
    const forged: [string, Promise<string>][] = [
      [
        'the public key as a shared secret',
        honest.sign({ sub: subject }, { key: spki, header: { alg: 'HS256' } }),
      ],
      ['another key under a known id', honest.sign({ sub: subject }, { key: privateKey })],
      [
        'the key of another provider of the tenant',
        honest.sign({ sub: subject }, { key: evil.privateKey, header: { kid: evil.kid } }),
      ],
      ['a key brought along', honest.sign({ sub: subject }, { key: privateKey, header: { jwk: publicKey } })],
      ['another issuer', honest.sign({ sub: subject, iss: evil.issuer })],
      ['an issuer that nobody has configured', honest.sign({ sub: subject, iss: 'https://login.example' })],
      [
        'our own issuer',
        honest.sign({ sub: ada.id, iss: `${gatehouse.url}/oauth2`, aud: `${gatehouse.url}/graphql` }),
      ],
      ['another audience', honest.sign({ sub: subject, aud: 'https://other.example' })],
      ['an ID token', honest.sign({ sub: subject, nonce: 'x' }, { header: { typ: 'JWT' } })],
      ['one that is bound to a key', honest.sign({ sub: subject, cnf: { jkt: 'x' } })],
      ['one that is over', honest.sign({ sub: subject, exp: now - 60 })],
      ['one that does not end', honest.sign({ sub: subject, exp: undefined as never })],
      ['one that has not begun', honest.sign({ sub: subject, nbf: now + 600 })],
      ['somebody who is not linked', honest.sign({ sub: ada.id })],
      ['the same person at another provider', evil.sign({ sub: subject })],
    ];
    for (const [what, token] of forged) expect(await refusal(token), what).toBe('UNAUTHENTICATED');
    const unsigned = `${btoa(JSON.stringify({ alg: 'none', typ: 'at+jwt', kid: honest.kid }))}.${btoa(JSON.stringify({ iss: honest.issuer, sub: subject }))}.x`;
    expect(await refusal(Promise.resolve(unsigned.replaceAll('=', '')))).toBe('UNAUTHENTICATED');
  });

  test('is nothing at another tenant', async () => {
    const token = await honest.sign({ sub: subject });
    expect(await otherTenant.anyone.as(token).refusal('{ me { id } }')).toBe('UNAUTHENTICATED');
  });

  test('made up under ever new key ids does not flood the provider', async () => {
    const before = honest.requests.filter((path) => path === '/jwks').length;
    const tokens = Array.from({ length: 100 }, () =>
      honest.sign({ sub: subject }, { header: { kid: randomText() } }),
    );
    const outcomes = await Promise.all(tokens.map(refusal));
    expect(new Set(outcomes)).toEqual(new Set(['UNAUTHENTICATED']));
    expect(honest.requests.filter((path) => path === '/jwks').length - before).toBeLessThanOrEqual(2);
  });

  test('is no way round a second factor, nor to what asks for a session', async () => {
    const token = honest.sign({ sub: subject });
    const change =
      'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { endedSessions } }';
    const input = { currentPassword: ada.password, newPassword: newPassword() };
    expect(await anyone.as(await token).refusal(change, { input })).toBe('FORBIDDEN');
    expect(await anyone.as(await token).refusal(unlinkAccount, { input: { linkedAccountId: ada.id } })).toBe(
      'FORBIDDEN',
    );
    await addAuthenticator(ada);
    await eventually(async () => expect(await refusal(token)).toBe('UNAUTHENTICATED'));
    expect(await refusal(honest.sign({ sub: subject, amr: ['mfa'] }))).toBe('UNAUTHENTICATED');
  });
});

describe('a provider that was configured to attack:', () => {
  let redirecting: Server;
  let target: string;
  beforeAll(async () => {
    redirecting = createServer((_request, response) => {
      response.writeHead(302, { location: `${honest.issuer}/.well-known/openid-configuration` }).end();
    });
    target = `http://127.0.0.1:${await listen(redirecting, { port: 0, host: '127.0.0.1' })}`;
  });
  afterAll(() => closeServer(redirecting, 100));

  test('discovery is not redirected, and speaks for no other issuer', async () => {
    const providerId = await addOpenid(evil, { issuer: target });
    expect((await newBrowser().request(startUrl(providerId, newVerifier().challenge))).status).toBe(502);
    const { client } = await administrator();
    const { checkIdentityProvider } = await client.ask<{
      checkIdentityProvider: { identityProvider: unknown };
    }>(
      `mutation ($input: CheckIdentityProviderInput!) { checkIdentityProvider(input: $input) {
         identityProvider { health { status lastError } } } }`,
      { input: { identityProviderId: providerId } },
    );
    expect(checkIdentityProvider.identityProvider).toMatchObject({ health: { status: 'FAILING' } });
  });

  test('its issuer never changes', async () => {
    const providerId = await addOpenid(honest);
    const { errors } = await (await administrator()).client.graphql(updateProvider, {
      input: { identityProviderId: providerId, issuer: evil.issuer },
    });
    expect(errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });
});
