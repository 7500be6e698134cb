import { isIP } from 'node:net';
import { isPublicAddress } from './addresses.ts';

/** IPv6 stands in brackets in a URL. */
export const withoutBrackets = (host: string): string => host.replace(/^\[(.*)\]$/, '$1');

/**
 * What is wrong with a URL that a user gave, as far as it can be told without asking anybody; undefined when nothing is.
 * `allowPrivate` is for development only.
 */
export function problemOfUrl(text: string, { allowPrivate = false } = {}): string | undefined {
  const url = URL.parse(text);
  if (!url) return 'must be a URL';
  if (url.protocol !== 'https:' && !(allowPrivate && url.protocol === 'http:')) return 'must be an https URL';
  if (url.username || url.password) return 'must not hold a name or a password';
  if (allowPrivate) return undefined;
  const host = withoutBrackets(url.hostname);
  if (isIP(host) && !isPublicAddress(host)) return 'must not be a private address';
  if (/(^|\.)(localhost|local|internal)\.?$/i.test(host)) return 'must not be a private name';
  return undefined;
}
