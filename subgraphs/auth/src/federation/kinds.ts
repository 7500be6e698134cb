import type { ProviderClaims, ProviderKind } from '../tables/identity-provider.ts';

/** What the kinds of providers have in common and what not. */
export type Traits = {
  protocol: 'openid' | 'oauth' | 'payload';
  /** Where it is when nothing else is said; null when it has to be. */
  issuer: string | null;
  scopes: readonly string[];
  claims: ProviderClaims;
  /** Whether there is a grant for passwords. */
  passwords: boolean;
  /** Whether its access tokens are JWTs. */
  tokens: boolean;
  /** How a confidential client proves itself; undefined as discovery has it. */
  authMethod?: 'post' | 'basic';
  /** Added to the authorization request. */
  parameters?: Record<string, string>;
};

const standardClaims: ProviderClaims = {
  email: 'email',
  firstName: 'given_name',
  lastName: 'family_name',
  roles: null,
};
const standardScopes = ['openid', 'profile', 'email'];
const openid = {
  protocol: 'openid',
  issuer: null,
  scopes: standardScopes,
  claims: standardClaims,
  passwords: true,
  tokens: true,
} as const;

export const traits: Record<ProviderKind, Traits> = {
  OIDC: openid,
  /** Applications there take the secret in the body unless told otherwise. */
  AUTH0: { ...openid, authMethod: 'post' },
  /** Its token endpoint knows no passwords; groups come as a claim of their own name. */
  COGNITO: { ...openid, passwords: false, claims: { ...standardClaims, roles: 'cognito:groups' } },
  GOOGLE: { ...openid, issuer: 'https://accounts.google.com', passwords: false, tokens: false },
  GITHUB: {
    protocol: 'oauth',
    issuer: 'https://github.com',
    scopes: ['read:user', 'user:email'],
    claims: standardClaims,
    passwords: false,
    tokens: false,
    authMethod: 'post',
  },
  X: {
    protocol: 'oauth',
    issuer: 'https://x.com',
    scopes: ['users.read', 'tweet.read', 'users.email'],
    claims: standardClaims,
    passwords: false,
    tokens: false,
    authMethod: 'basic',
  },
  TELEGRAM: {
    protocol: 'payload',
    issuer: null,
    scopes: [],
    claims: standardClaims,
    passwords: false,
    tokens: false,
  },
};

/** Endpoints of the servers that have no discovery; `base` is that of one of your own. */
export function endpointsOf(kind: 'GITHUB' | 'X', base: string | null) {
  const home = (base ?? traits[kind].issuer ?? '').replace(/\/$/, '');
  if (kind === 'GITHUB') {
    return {
      authorize: `${home}/login/oauth/authorize`,
      token: `${home}/login/oauth/access_token`,
      // GitHub Enterprise Server has its API below its own address.
      api: base === null ? 'https://api.github.com' : `${home}/api/v3`,
    };
  }
  const api = base === null ? 'https://api.x.com' : home;
  return { authorize: `${home}/i/oauth2/authorize`, token: `${api}/2/oauth2/token`, api: `${api}/2` };
}
