import { hash } from 'node:crypto';
import { GatehouseError } from '@gatehouse/service-kit';

/** Longer than any token of ours, short enough to hash without a thought. */
const maxTokenLength = 8_192;
const bearer = /^bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i;

/** The one bearer token (RFC 6750 §2.1) that was presented, or `UNAUTHENTICATED`. */
export function readBearer(authorization: readonly string[]): string {
  const [value = '', ...others] = authorization;
  if (others.length > 0) throw unauthenticated('Present one token.');
  if (value.length > maxTokenLength) throw unauthenticated();
  const token = bearer.exec(value)?.[1];
  if (!token) throw unauthenticated();
  return token;
}

export const hashOf = (token: string): string => hash('sha256', token, 'base64url');

/** One answer for every reason a token does not stand. */
export const unauthenticated = (message = 'The token is not valid here.'): GatehouseError =>
  new GatehouseError('UNAUTHENTICATED', message);
