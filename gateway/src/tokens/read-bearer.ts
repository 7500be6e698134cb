import { hash } from 'node:crypto';
import { isApiKey } from '@gatehouse/identity';
import { GatehouseError } from '@gatehouse/service-kit';

/** Longer than any token of ours, short enough to hash without a thought. */
const maxTokenLength = 8_192;
const bearer =
  /^(?:bearer (?<text>[\w-]+\.[\w-]+\.[\w-]+|gh_live_\w+)|dpop (?<bound>[\w-]+\.[\w-]+\.[\w-]+))$/i;

export type Bearer = {
  text: string;
  hash: string;
  isKey: boolean;
  /** Presented as bound to a key (RFC 9449 §7.1), of which a proof has to come along. */
  isBound: boolean;
};

/**
 * The one token (RFC 6750 §2.1, RFC 9449 §7.1) that was presented: a JWT or an API key. `UNAUTHENTICATED` for anything else, a
 * mistyped key included.
 */
export function readBearer(authorization: readonly string[]): Bearer {
  const [value = '', ...others] = authorization;
  if (others.length > 0) throw unauthenticated('Present one token.');
  if (value.length > maxTokenLength) throw unauthenticated();
  const { text: plain, bound } = bearer.exec(value)?.groups ?? {};
  const text = plain ?? bound;
  if (!text) throw unauthenticated();
  const isKey = !text.includes('.');
  if (isKey && !isApiKey(text)) throw unauthenticated();
  return { text, hash: hashOf(text), isKey, isBound: bound !== undefined };
}

export const hashOf = (token: string): string => hash('sha256', token, 'base64url');

/** One answer for every reason a token does not stand. */
export const unauthenticated = (message = 'The token is not valid here.'): GatehouseError =>
  new GatehouseError('UNAUTHENTICATED', message);
