import type { exchangeOf } from '../oidc/inject.ts';
import type { Issuer } from '../oidc/issuers.ts';
import { sha256 } from '../oidc/secrets.ts';
import { loginTtl } from './start-external-login.ts';

type Http = ReturnType<typeof exchangeOf>;

/**
 * The cookie that ties a sign-in at a provider to the browser that began it; one for each, so that tabs do not get in each
 * other's way. `__Host-` keeps sibling domains from planting one. `Lax`: the provider leads back from another site.
 */
export function browserCookie(
  { provider, tenant }: Pick<Issuer, 'provider' | 'tenant'>,
  http: Http,
  state: string,
) {
  const secure = tenant.publicUrl.startsWith('https:');
  const name = `${secure ? '__Host-' : ''}gatehouse_federation_${sha256(state).slice(0, 12)}`;
  const { cookies } = provider.createContext(http.req, http.res);
  cookies.secure = secure;
  const attributes = { httpOnly: true, sameSite: 'lax', signed: true, secure, path: '/' } as const;
  return {
    get: (): string | undefined => cookies.get(name, { signed: true }),
    set: (value: string): void => void cookies.set(name, value, { ...attributes, maxAge: loginTtl * 1000 }),
    clear: (): void => void cookies.set(name, null, attributes),
  };
}
