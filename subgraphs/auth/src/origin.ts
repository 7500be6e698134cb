import { isIP, isIPv6 } from 'node:net';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import type { Origin } from './security-events/security-event.ts';

const maxUserAgent = 400;

/** What is kept about where a request came from. */
export const originOf = (client: ClientInfo): Origin => ({
  ipAddress: isIP(client.ipAddress) ? client.ipAddress : null,
  userAgent: client.userAgent?.slice(0, maxUserAgent) ?? null,
});

/** Whom a limit by address means: IPv6 hands out whole /64 networks to one holder. */
export function networkOf(ipAddress: string): string {
  if (!isIPv6(ipAddress)) return ipAddress;
  const [head = '', tail] = ipAddress.toLowerCase().split('::');
  const left = head.split(':').filter(Boolean);
  const right = tail?.split(':').filter(Boolean) ?? [];
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  return [...left, ...Array<string>(zeros).fill('0'), ...right].slice(0, 4).join(':');
}
