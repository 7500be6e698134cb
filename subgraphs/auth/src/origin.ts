import { isIP } from 'node:net';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import type { Origin } from './security-events/security-event.ts';

const maxUserAgent = 400;

/** What is kept about where a request came from. */
export const originOf = (client: ClientInfo): Origin => ({
  ipAddress: isIP(client.ipAddress) ? client.ipAddress : null,
  userAgent: client.userAgent?.slice(0, maxUserAgent) ?? null,
});
