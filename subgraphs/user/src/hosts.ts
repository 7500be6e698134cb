import { isIPv4 } from 'node:net';
import type { Normalised } from './normalise.ts';

/** RFC 1035 § 2.3.4 and RFC 5890 § 2.3.1; a name of letters, digits and hyphens, IDNs in their ASCII form. */
const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const maxNameLength = 253;

/**
 * A host as tenants have them: `name`, or `name:port`, in lower case and, where it is international, punycode. Addresses
 * are no names: they are the installation's own.
 */
export function normaliseTenantHost(input: string): Normalised {
  const [, name = '', port] = /^([^:/?#@\\\s]+?)\.?(?::(\d{1,5}))?$/u.exec(input.trim()) ?? [];
  // As browsers read it, so that no two spellings of one host are two hosts.
  const ascii = name ? (URL.parse(`http://${name}/`)?.hostname ?? '') : '';
  const number = port === undefined ? undefined : Number(port);
  const isName =
    ascii !== '' &&
    ascii.length <= maxNameLength &&
    !isIPv4(ascii) &&
    ascii.split('.').every((part) => label.test(part));
  if (!isName || number === 0 || (number ?? 1) > 65_535) return { problem: 'is not a host name' };
  const value = number === undefined ? ascii : `${ascii}:${number}`;
  return { value, key: value };
}

/** The origin that links and the issuer are built on, from an http or https URL without anything else in it. */
export function normalisePublicUrl(input: string): Normalised {
  const url = URL.parse(input.trim());
  const isOrigin =
    (url?.protocol === 'https:' || url?.protocol === 'http:') &&
    url.username + url.password + url.search + url.hash === '' &&
    url.pathname === '/';
  if (!url || !isOrigin) return { problem: 'is not an http or https URL of a host alone' };
  const host = normaliseTenantHost(url.host);
  if ('problem' in host) return host;
  return { value: `${url.protocol}//${host.value}`, key: host.value };
}

export const nameOfHost = (host: string): string => host.replace(/:\d+$/, '');
