import { badInput, type FieldProblem } from '@gatehouse/service-kit';
import type { JSONWebKeySet } from 'jose';
import { z } from 'zod';
import type { AuthMethod, GrantType, OauthClient } from '../tables/oauth-client.ts';

const loopbacks = new Set(['127.0.0.1', '[::1]', 'localhost']);

/**
 * An address that a browser may be sent to: https, or http to this very machine (RFC 8252 §7.3). No fragment (RFC 6749
 * §3.1.2), no name and password, no wildcard, and written the way it is compared: character by character.
 */
const redirectUri = z
  .string()
  .max(2_000)
  .refine((text) => {
    const url = URL.parse(text);
    if (!url || text.includes('#') || text.includes('*') || url.username || url.password) return false;
    const isOpen = url.protocol === 'https:' && !loopbacks.has(url.hostname);
    const isLocal = url.protocol === 'http:' && loopbacks.has(url.hostname);
    return (isOpen || isLocal) && (url.href === text || url.href === `${text}/`);
  }, 'must be an https address, or an http one of the loopback interface, without fragment, user and wildcard');

/** Where logout tokens go: a server, so never this machine by its name. */
const serverUri = z
  .string()
  .max(2_000)
  .refine((text) => {
    const url = URL.parse(text);
    return (
      url !== null && /^https?:$/.test(url.protocol) && !text.includes('#') && !url.username && !url.password
    );
  }, 'must be an address of a server, without fragment and user');

const privateParts = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'oth'];
const publicKey = z
  .looseObject({ kty: z.enum(['EC', 'OKP', 'RSA']) })
  .refine((key) => privateParts.every((part) => !(part in key)), 'must hold public keys only');

const unique = <T>(values: T[]): T[] => [...new Set(values)];
const uris = (uri: z.ZodType<string>) => z.array(uri).max(20).transform(unique);

/** GraphQL's names of the grant types and methods. */
export const grantTypeNames = {
  AUTHORIZATION_CODE: 'authorization_code',
  REFRESH_TOKEN: 'refresh_token',
  CLIENT_CREDENTIALS: 'client_credentials',
  DEVICE_CODE: 'urn:ietf:params:oauth:grant-type:device_code',
  TOKEN_EXCHANGE: 'urn:ietf:params:oauth:grant-type:token-exchange',
} as const satisfies Record<string, GrantType>;

export const authMethodNames = {
  CLIENT_SECRET_BASIC: 'client_secret_basic',
  CLIENT_SECRET_POST: 'client_secret_post',
  PRIVATE_KEY_JWT: 'private_key_jwt',
  NONE: 'none',
} as const satisfies Record<string, AuthMethod>;

const namesOf = <Names extends Record<string, string>>(names: Names) =>
  Object.keys(names) as [keyof Names & string, ...(keyof Names & string)[]];

/** GraphQL's name of what is stored. */
export const nameOf = <Names extends Record<string, string>>(names: Names, value: string) =>
  namesOf(names).find((name) => names[name] === value) as keyof Names;

const clientName = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .regex(/^[^\p{Cc}]*$/u, 'must not contain control characters');

export const clientFields = z.object({
  name: clientName,
  scopes: z
    .array(z.string().regex(/^[a-z][a-z0-9-]{0,49}:[a-z][a-z0-9-]{0,49}$/, 'must be a permission name'))
    .max(100)
    .transform((scopes) => unique(scopes).sort()),
  grantTypes: z
    .array(z.enum(namesOf(grantTypeNames)))
    .min(1)
    .transform((names): GrantType[] => unique(names).map((name) => grantTypeNames[name])),
  authMethod: z.enum(namesOf(authMethodNames)).transform((name): AuthMethod => authMethodNames[name]),
  redirectUris: uris(redirectUri),
  postLogoutRedirectUris: uris(redirectUri),
  backchannelLogoutUri: serverUri.nullable(),
  jwks: z
    .object({ keys: z.array(publicKey).min(1).max(10) })
    .transform((keys) => keys as JSONWebKeySet)
    .nullable(),
  firstParty: z.boolean(),
  dpopBound: z.boolean(),
});

export type ClientFields = z.output<typeof clientFields>;

/** The rules between fields: BAD_USER_INPUT naming the field that breaks one. */
export function checkClient(client: Omit<ClientFields, 'name'>): void {
  const { grantTypes: grants, authMethod, jwks } = client;
  const problems: FieldProblem[] = [];
  const refuse = (path: string, message: string) => problems.push({ path, message });
  const signsIn = grants.includes('authorization_code');
  if (signsIn && client.redirectUris.length === 0)
    refuse('redirectUris', 'must not be empty: AUTHORIZATION_CODE sends people back');
  if (grants.includes('refresh_token') && !signsIn && !grants.includes(grantTypeNames.DEVICE_CODE))
    refuse('grantTypes', 'must hold AUTHORIZATION_CODE or DEVICE_CODE beside REFRESH_TOKEN');
  for (const grant of ['client_credentials', grantTypeNames.TOKEN_EXCHANGE] as const) {
    if (authMethod === 'none' && grants.includes(grant))
      refuse('authMethod', 'must prove who the client is for CLIENT_CREDENTIALS and TOKEN_EXCHANGE');
  }
  if (client.dpopBound && grants.includes(grantTypeNames.TOKEN_EXCHANGE))
    refuse('dpopBound', 'is not possible with TOKEN_EXCHANGE');
  if (grants.includes('client_credentials') && client.scopes.length === 0)
    refuse('scopes', 'must not be empty for CLIENT_CREDENTIALS');
  if ((authMethod === 'private_key_jwt') !== (jwks !== null))
    refuse('jwks', 'must be given for PRIVATE_KEY_JWT, and for nothing else');
  const [first, ...others] = problems;
  if (first) throw badInput(first, ...others);
}

export const needsSecret = ({ authMethod }: Pick<OauthClient, 'authMethod'>): boolean =>
  authMethod === 'client_secret_basic' || authMethod === 'client_secret_post';
