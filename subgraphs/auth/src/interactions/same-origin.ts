import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { GatehouseError } from '@gatehouse/service-kit';
import type { AuthConfig } from '../config.ts';
import { deriveKey, hmac } from '../oidc/secrets.ts';
import type { Tenant } from '../tenants.ts';

const refused = () => new GatehouseError('CSRF_PREVENTED', 'The request does not come from our own page.');

/**
 * A request by a script of the tenant's own origin, or CSRF_PREVENTED. Browsers send `Origin` with every POST, and no other
 * site may send JSON.
 */
export function requireOwnScript(headers: IncomingHttpHeaders, tenant: Pick<Tenant, 'publicUrl'>): void {
  const site = headers['sec-fetch-site'];
  if (headers.origin !== originOfTenant(tenant) || (site !== undefined && site !== 'same-origin'))
    throw refused();
}

/** A form that we have made for this interaction, or CSRF_PREVENTED. */
export function requireOwnForm(
  config: Pick<AuthConfig, 'secret'>,
  headers: IncomingHttpHeaders,
  form: { tenant: Pick<Tenant, 'publicUrl'>; uid: string; csrf: string | null },
): void {
  const { origin } = headers;
  if (origin !== undefined && origin !== originOfTenant(form.tenant)) throw refused();
  const expected = Buffer.from(formToken(config, form.uid));
  const given = Buffer.from(form.csrf ?? '');
  if (expected.length !== given.length || !timingSafeEqual(expected, given)) throw refused();
}

/** What only a page of the interaction holds: another site can read neither it nor the page. */
export const formToken = ({ secret }: Pick<AuthConfig, 'secret'>, uid: string): string =>
  hmac(deriveKey(secret, 'interaction forms'), uid);

const originOfTenant = ({ publicUrl }: Pick<Tenant, 'publicUrl'>): string => new URL(publicUrl).origin;
