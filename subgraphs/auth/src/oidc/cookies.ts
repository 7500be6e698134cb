import type { Configuration, KoaContextWithOIDC } from 'oidc-provider';
import type { AuthConfig } from '../config.ts';
import type { Tenant } from '../tenants.ts';
import { deriveKey } from './secrets.ts';

/**
 * The cookies of a tenant's provider, signed, so that the ids in the database alone open no session. `__Host-` keeps
 * sibling domains, which may be other tenants, from planting one.
 */
export function cookies(config: Pick<AuthConfig, 'secret'>, tenant: Tenant): Configuration['cookies'] {
  const isTls = tenant.publicUrl.startsWith('https:');
  const [host, secure] = isTls ? ['__Host-', '__Secure-'] : ['', ''];
  const attributes = { httpOnly: true, sameSite: 'lax', signed: true, secure: isTls } as const;
  return {
    keys: [Buffer.from(deriveKey(config.secret, `cookies of ${tenant.id}`)).toString('base64url')],
    names: {
      session: `${host}gatehouse_session`,
      interaction: `${secure}gatehouse_interaction`,
      resume: `${secure}gatehouse_resume`,
    },
    long: { ...attributes, path: '/' },
    short: attributes,
  };
}

const aMinute = 60_000;

/** What the page after a sign-out knows of the session that has ended. */
export function signedOutCookie(tenant: Pick<Tenant, 'publicUrl'>, ctx: KoaContextWithOIDC) {
  const secure = tenant.publicUrl.startsWith('https:');
  const name = `${secure ? '__Host-' : ''}gatehouse_signed_out`;
  const attributes = { httpOnly: true, sameSite: 'lax', signed: true, secure, path: '/' } as const;
  return {
    get: (): string | undefined => ctx.cookies.get(name, { signed: true }),
    set: (sessionId: string): void =>
      void ctx.cookies.set(name, sessionId, { ...attributes, maxAge: aMinute }),
    clear: (): void => void ctx.cookies.set(name, null, attributes),
  };
}
