import * as openid from 'openid-client';
import { z } from 'zod';
import type { Services } from '../services.ts';
import type { IdentityProvider } from '../tables/identity-provider.ts';
import { type ExternalIdentity, identityOfClaims } from './external-identity.ts';
import { endpointsOf } from './kinds.ts';

type TokenAnswer = Awaited<ReturnType<typeof openid.authorizationCodeGrant>>;

/**
 * Who somebody is at the provider that has just answered with tokens. Throws when it does not say, or says otherwise in two
 * places.
 */
export async function readIdentity(
  services: Services,
  provider: IdentityProvider,
  tokens: TokenAnswer,
): Promise<ExternalIdentity> {
  const client = await services.providerClients.of(provider);
  if (provider.kind === 'GITHUB') return await readGithub(provider, client, tokens);
  if (provider.kind === 'X') return await readX(provider, client, tokens);
  const claims = tokens.claims();
  if (!claims) throw new Error('there is no ID token');
  const asked = client.serverMetadata().userinfo_endpoint;
  const whole = claims.email !== undefined || !asked;
  // Of the two the signed one counts.
  const more = whole ? {} : await openid.fetchUserInfo(client, tokens.access_token, claims.sub);
  return identityOfClaims(provider, { ...more, ...claims });
}

async function ask<T extends z.ZodType>(
  client: openid.Configuration,
  url: string,
  tokens: TokenAnswer,
  shape: T,
): Promise<z.output<T>> {
  const response = await openid.fetchProtectedResource(
    client,
    tokens.access_token,
    new URL(url),
    'GET',
    null,
    new Headers({ accept: 'application/json', 'user-agent': 'gatehouse' }),
  );
  if (response.status !== 200) throw new Error(`the API answered with status ${response.status}`);
  return shape.parse(await response.json());
}

const names = (name: string | null | undefined) => {
  const [firstName = null, ...rest] = (name ?? '').trim().split(/\s+/).filter(Boolean);
  return { firstName, lastName: rest.join(' ') || null };
};

const githubUser = z.object({ id: z.int(), login: z.string(), name: z.string().nullish() });
const githubEmails = z.array(z.object({ email: z.string(), primary: z.boolean(), verified: z.boolean() }));

async function readGithub(
  provider: IdentityProvider,
  client: openid.Configuration,
  tokens: TokenAnswer,
): Promise<ExternalIdentity> {
  const { api } = endpointsOf('GITHUB', provider.issuer);
  const user = await ask(client, `${api}/user`, tokens, githubUser);
  // The address in the profile is whatever its holder has typed; this list tells what is verified.
  const emails = await ask(client, `${api}/user/emails`, tokens, githubEmails);
  const primary = emails.find((one) => one.primary);
  return {
    ...nobody(provider),
    ...names(user.name),
    subject: String(user.id),
    account: user.login.slice(0, 320),
    email: primary?.email ?? null,
    emailVerified: primary?.verified ?? false,
  };
}

const xUser = z.object({
  data: z.object({
    id: z.string().regex(/^\d{1,30}$/),
    name: z.string().nullish(),
    username: z.string(),
    confirmed_email: z.string().nullish(),
  }),
});

async function readX(
  provider: IdentityProvider,
  client: openid.Configuration,
  tokens: TokenAnswer,
): Promise<ExternalIdentity> {
  const { api } = endpointsOf('X', provider.issuer);
  const { data } = await ask(client, `${api}/users/me?user.fields=confirmed_email`, tokens, xUser);
  return {
    ...nobody(provider),
    ...names(data.name),
    subject: data.id,
    account: data.username.slice(0, 320),
    email: data.confirmed_email ?? null,
    emailVerified: Boolean(data.confirmed_email),
  };
}

const nobody = ({ scopes }: IdentityProvider) => ({ roles: [], amr: [], scopes });
