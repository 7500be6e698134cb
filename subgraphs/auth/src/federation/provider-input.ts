import type { Principal } from '@gatehouse/identity';
import { badInput, type FieldProblem, GatehouseError } from '@gatehouse/service-kit';
import { problemOfUrl } from '@gatehouse/service-kit/outgoing';
import { z } from 'zod';
import { RolePermissionsDocument } from '../../generated/calls.ts';
import { nameField } from '../fields.ts';
import { requireHeld } from '../require-held.ts';
import type { Services } from '../services.ts';
import { emailTrusts, type IdentityProvider, providerKinds } from '../tables/identity-provider.ts';
import { traits } from './kinds.ts';

const line = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .regex(/^[^\p{Cc}]*$/u, 'must not contain control characters');
const role = z.string().regex(/^[a-z][a-z0-9-]{1,62}$/, 'must be the name of a role');
const unique = <T>(list: T[]): T[] => [...new Set(list)];

/** The fields of a provider; `allowPrivate` lets it be http and private, for development. */
export const providerFields = (allowPrivate: boolean) => ({
  name: nameField,
  kind: z.enum(providerKinds),
  issuer: z
    .string()
    .max(300)
    .superRefine((url, context) => {
      const parsed = URL.parse(url);
      const problem =
        problemOfUrl(url, { allowPrivate }) ??
        (parsed?.search || parsed?.hash ? 'must have neither query nor fragment' : undefined);
      if (problem) context.addIssue({ code: 'custom', message: problem });
    }),
  clientId: line(255),
  clientSecret: line(1_000),
  /** RFC 6749 §3.3. */
  scopes: z
    .array(z.string().regex(/^[\x21\x23-\x5B\x5D-\x7E]{1,100}$/, 'must be a scope'))
    .max(50)
    .transform(unique),
  enabled: z.boolean(),
  signUp: z.boolean(),
  emailDomains: z
    .array(
      z
        .string()
        .max(253)
        .toLowerCase()
        .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'must be a domain'),
    )
    .max(100)
    .transform(unique),
  signUpRole: role,
  emailTrust: z.enum(emailTrusts),
  linkByEmail: z.boolean(),
  trustMfa: z.boolean(),
  claims: z.object({
    email: line(200).nullish(),
    firstName: line(200).nullish(),
    lastName: line(200).nullish(),
    /** Null takes it away. */
    roles: line(200).nullish(),
  }),
  roleMappings: z.array(z.object({ value: line(200), role })).max(100),
  passwordLogin: z.boolean(),
  passwordRealm: line(200).nullable(),
  acceptTokens: z.boolean(),
  tokenAudience: line(300).nullable(),
});

/** Those that may be left out, by who adds a provider and by who changes one; null says no more. */
export const optionalProviderFields = (fields: ReturnType<typeof providerFields>) => ({
  clientSecret: fields.clientSecret.nullish(),
  scopes: fields.scopes.nullish(),
  enabled: fields.enabled.nullish(),
  signUp: fields.signUp.nullish(),
  emailDomains: fields.emailDomains.nullish(),
  signUpRole: fields.signUpRole.nullish(),
  emailTrust: fields.emailTrust.nullish(),
  linkByEmail: fields.linkByEmail.nullish(),
  trustMfa: fields.trustMfa.nullish(),
  claims: fields.claims.nullish(),
  roleMappings: fields.roleMappings.nullish(),
  passwordLogin: fields.passwordLogin.nullish(),
  acceptTokens: fields.acceptTokens.nullish(),
});

type Wanted = Pick<
  IdentityProvider,
  | 'kind'
  | 'issuer'
  | 'clientId'
  | 'secretJwe'
  | 'scopes'
  | 'signUp'
  | 'passwordLogin'
  | 'passwordRealm'
  | 'acceptTokens'
  | 'tokenAudience'
  | 'linkByEmail'
  | 'emailTrust'
>;

/** BAD_USER_INPUT for what does not fit the kind, or would mean nothing. */
export function checkProvider(provider: Wanted): void {
  const { kind, issuer, clientId, secretJwe, scopes } = provider;
  const { protocol, issuer: known, passwords, tokens } = traits[kind];
  const problems: (FieldProblem | false)[] = [
    protocol === 'openid' && !issuer && !known && { path: 'issuer', message: `is needed for ${kind}` },
    protocol === 'payload' && issuer !== null && { path: 'issuer', message: `is fixed for ${kind}` },
    protocol === 'openid' && !scopes.includes('openid') && { path: 'scopes', message: 'must hold openid' },
    protocol === 'payload' && !secretJwe && { path: 'clientSecret', message: 'is needed: the bot’s token' },
    provider.passwordLogin && !passwords && { path: 'passwordLogin', message: `is not known to ${kind}` },
    provider.passwordRealm !== null &&
      kind !== 'AUTH0' && { path: 'passwordRealm', message: 'is known to AUTH0 only' },
    provider.acceptTokens &&
      !tokens && { path: 'acceptTokens', message: `${kind} issues none that could be` },
    provider.acceptTokens &&
      !provider.tokenAudience && { path: 'tokenAudience', message: 'is needed to accept tokens' },
    // What is meant for us to know who signed in is no token for the API.
    provider.acceptTokens &&
      kind !== 'COGNITO' &&
      provider.tokenAudience === clientId && { path: 'tokenAudience', message: 'must not be the client' },
    provider.linkByEmail &&
      provider.emailTrust === 'NEVER' && { path: 'linkByEmail', message: 'needs addresses to be trusted' },
  ];
  const [first, ...rest] = problems.filter((problem) => problem !== false);
  if (first) throw badInput(first, ...rest);
}

/** FORBIDDEN when a role gives what the caller does not hold; BAD_USER_INPUT when there is none of that name. */
export async function requireAuthorityOver(
  services: Services,
  principal: Principal,
  { signUpRole, roleMappings }: Pick<IdentityProvider, 'signUpRole' | 'roleMappings'>,
): Promise<void> {
  const wanted = unique([signUpRole, ...roleMappings.map(({ role: name }) => name)]);
  const { rolePermissions } = await services.call('user', RolePermissionsDocument, {
    tenantId: principal.tenantId,
    roles: wanted,
  });
  for (const name of wanted) {
    const given = rolePermissions.find(({ role: known }) => known === name);
    const path = name === signUpRole ? 'signUpRole' : 'roleMappings';
    if (!given) throw badInput({ path, message: `there is no role ${name}` });
    requireHeld(principal, given.permissions);
  }
}

/** The number of a bot, which its token begins with: the same bot under another token is the same provider. */
const botOf = (token: string): string => token.split(':')[0] ?? '';

/** BAD_USER_INPUT for the token of another bot: people have linked theirs to this one. */
export function requireSameBot(kind: IdentityProvider['kind'], before: string, after: string): void {
  if (kind !== 'TELEGRAM' || botOf(before) === botOf(after)) return;
  throw badInput({ path: 'clientSecret', message: 'belongs to another bot' });
}

export const tooMany = (most: number): GatehouseError =>
  new GatehouseError('CONFLICT', `A tenant has at most ${most} identity providers.`);
