import type { IncomingHttpHeaders } from 'node:http';
import { uuidShape } from '../queries/oauth-clients.ts';
import type { Named } from './read-ahead.ts';

/**
 * The registered client and the token that a request of a client is about, as far as can be told before oidc-provider has read it.
 * A guess of what it will ask for, no more: it decides itself who asks and about what.
 */
export function namedBy(
  path: string,
  headers: IncomingHttpHeaders,
  form: URLSearchParams | undefined,
): Named | undefined {
  const token = path === '/token' ? form?.get('refresh_token') : form?.get('token');
  const clientId = clientNamedBy(headers, form);
  return token && clientId ? { clientId, token } : undefined;
}

/** The registered client alone. */
export function clientNamedBy(
  headers: IncomingHttpHeaders,
  form: URLSearchParams | undefined,
): string | undefined {
  const id = clientOfBasic(headers.authorization) ?? form?.get('client_id');
  return id && uuidShape.test(id) ? id : undefined;
}

/** The user name of HTTP Basic; ids of registered clients need no decoding (RFC 6749 §2.3.1). */
function clientOfBasic(authorization: string | undefined): string | undefined {
  const [, encoded] = /^basic ([a-z0-9+/=]+)$/i.exec(authorization ?? '') ?? [];
  return encoded && Buffer.from(encoded, 'base64').toString('latin1').split(':', 1)[0];
}
