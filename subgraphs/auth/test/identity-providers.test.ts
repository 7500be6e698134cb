import { createServer, type Server } from 'node:http';
import { closeServer, listen } from '@gatehouse/service-kit';
import { createOutgoing } from '@gatehouse/service-kit/outgoing';
import { type IdentityProviderServer, startIdentityProvider } from '@gatehouse/testkit/providers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openProviderClients } from '../src/federation/provider-clients.ts';
import { openProviderKeys } from '../src/federation/provider-keys.ts';
import { anonymous, as, startAuth, type TestAuth } from './harness.ts';

let auth: TestAuth;
let idp: IdentityProviderServer;
let server: Server;
let local: string;
beforeAll(async () => {
  auth = await startAuth({ started: false });
  idp = await startIdentityProvider();
  server = createServer((_request, response) => void response.writeHead(500).end());
  local = `http://127.0.0.1:${await listen(server, { port: 0, host: '127.0.0.1' })}`;
});
afterAll(async () => {
  await closeServer(server, 100);
  await idp.stop();
  await auth.stop();
});

const permissions = ['identity-providers:read', 'identity-providers:write', 'profile:read', 'profile:write'];

async function administrator(name: string, tenantId = auth.tenant.id) {
  await auth.account(name, { permissions, tenantId });
  const host = tenantId === auth.tenant.id ? undefined : 'clinicwave.com';
  return as(await auth.principal((await auth.login(name, anonymous(host))).accessToken));
}

const fields = 'id kind issuer scopes hasSecret signUpRole claims { roles } health { status lastError }';
const mutation = (name: string) =>
  `mutation ($i: ${name[0]?.toUpperCase()}${name.slice(1)}Input!) { ${name}(input: $i) { ${
    name === 'deleteIdentityProvider' ? 'identityProviderId' : `identityProvider { ${fields} }`
  } } }`;

const issuer = 'https://login.clinic.example/';
const oidc = {
  name: 'The Clinic',
  kind: 'OIDC',
  issuer,
  clientId: 'gatehouse',
  clientSecret: 'a secret of ours',
};

const create = async (caller: ReturnType<typeof as>, input: object) => {
  const { data, errors } = await auth.ask(caller, mutation('createIdentityProvider'), { i: input });
  if (errors) throw new Error(JSON.stringify(errors));
  return data.createIdentityProvider.identityProvider;
};
const refusal = (caller: ReturnType<typeof as>, input: object, name = 'createIdentityProvider') =>
  auth.refusal(caller, mutation(name), { i: input });

it('takes what the kind presets, and keeps the secret encrypted', async () => {
  const caller = await administrator('presets');
  expect(await create(caller, oidc)).toMatchObject({
    issuer,
    scopes: ['openid', 'profile', 'email'],
    hasSecret: true,
    signUpRole: 'user',
    claims: { roles: null },
    health: { status: 'UNKNOWN' },
  });
  const cognito = 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_abc';
  expect(await create(caller, { ...oidc, kind: 'COGNITO', issuer: cognito })).toMatchObject({
    claims: { roles: 'cognito:groups' },
  });
  expect(await create(caller, { name: 'Google', kind: 'GOOGLE', clientId: 'x' })).toMatchObject({
    issuer: 'https://accounts.google.com',
    hasSecret: false,
    signUpRole: 'self-registration',
  });
  const { rows } = await auth.deps.database.pool.query('select secret_jwe from auth.identity_provider');
  expect(JSON.stringify(rows)).not.toContain(oidc.clientSecret);
});

it.each([
  ['an issuer that is missing', { issuer: undefined }],
  ['http', { issuer: 'http://login.clinic.example' }],
  ['a private address', { issuer: 'https://10.0.0.8' }],
  ['the address of the cloud', { issuer: 'https://169.254.169.254/latest' }],
  ['a mapped address', { issuer: 'https://[::ffff:127.0.0.1]' }],
  ['a private name', { issuer: 'https://localhost:8443' }],
  ['credentials in it', { issuer: 'https://a:b@login.clinic.example' }],
  ['a query', { issuer: `${issuer}?x` }],
  ['scopes without openid', { scopes: ['email'] }],
  ['tokens without an audience', { acceptTokens: true }],
  ['the client as audience', { acceptTokens: true, tokenAudience: 'gatehouse' }],
  ['a realm elsewhere than at Auth0', { passwordRealm: 'x' }],
  ['passwords at Google', { kind: 'GOOGLE', issuer: undefined, passwordLogin: true }],
  ['Telegram without a token', { kind: 'TELEGRAM', issuer: undefined, clientSecret: undefined }],
  ['addresses that are never trusted', { linkByEmail: true, emailTrust: 'NEVER' }],
  ['a role that is none', { signUpRole: 'nobody' }],
  ['a domain that is none', { emailDomains: ['*'] }],
])('is refused with %s', async (what, input) => {
  const caller = await administrator(what.replaceAll(/[^a-z]/gi, '').toLowerCase());
  expect(await refusal(caller, { ...oidc, ...input })).toBe('BAD_USER_INPUT');
});

it('gives no role beyond the caller, is their tenant’s alone, and asks for a recent sign-in', async () => {
  const caller = await administrator('limits');
  expect(await refusal(caller, { ...oidc, signUpRole: 'nurse' })).toBe('FORBIDDEN');
  expect(await refusal(caller, { ...oidc, roleMappings: [{ value: 'x', role: 'admin' }] })).toBe('FORBIDDEN');
  const { id } = await create(caller, oidc);
  const foreign = await administrator('foreign', auth.otherTenant.id);
  for (const name of ['updateIdentityProvider', 'deleteIdentityProvider', 'checkIdentityProvider']) {
    expect(await refusal(foreign, { identityProviderId: id }, name)).toBe('NOT_FOUND');
  }
  expect(await refusal(caller, { identityProviderId: id }, 'deleteIdentityProvider')).toBeNull();
});

describe('what a provider’s own answers lead to', () => {
  const row = { tenantId: '', updatedAt: new Date(), secretJwe: null, kind: 'OIDC', clientId: 'x' } as never;
  const at = (host: string, resolve: (name: string) => string) => {
    const outgoing = createOutgoing({
      resolve: async (name) => [{ address: resolve(name), family: 4 }],
      timeoutMs: 500,
    });
    const providerClients = openProviderClients({ config: auth.deps.config, outgoing });
    return {
      outgoing,
      providerClients,
      provider: { ...(row as object), id: host, issuer: `https://${host}` } as never,
    };
  };

  it('is never a private address, whatever a name resolves to', async () => {
    for (const resolve of [() => '127.0.0.1', () => '10.1.2.3', () => '169.254.169.254']) {
      const { providerClients, provider, outgoing } = at('login.clinic.example', resolve);
      const error = await providerClients.of(provider).catch((caught: unknown) => caught);
      expect(reasonsOf(error)).toContain('the address is private');
      await outgoing.close();
    }
  });

  it('keys included: those of a discovered address go through the same door', async () => {
    const metadata = { issuer: 'https://x', jwks_uri: `${local}/jwks` };
    const services = {
      ...auth.services,
      providerClients: { of: async () => ({ serverMetadata: () => metadata }) },
    };
    const caller = await administrator('keys');
    const { id } = await create(caller, {
      ...oidc,
      issuer: 'https://x.example',
      acceptTokens: true,
      tokenAudience: 'api',
    });
    const keys = await openProviderKeys(services as never)(auth.tenant.id, 'https://x.example', 'k');
    expect(keys?.jwks).toEqual({ keys: [] });
    const { data } = await auth.ask(
      caller,
      '{ identityProviders(first: 100) { nodes { id health { lastError } } } }',
    );
    const shown = data.identityProviders.nodes.find((one: { id: string }) => one.id === id);
    expect(shown.health.lastError).toMatch(/https|private/);
  });
});

function reasonsOf(error: unknown): string[] {
  const reasons: string[] = [];
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) reasons.push(cause.message);
  return reasons;
}
