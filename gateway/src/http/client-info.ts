import type { IncomingMessage } from 'node:http';
import { type BlockList, isIPv4, isIPv6, type Socket } from 'node:net';
import { GatehouseError } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';

const hostPattern =
  /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?)*\.?|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/;
const maxUserAgent = 400;

type Header = string | string[] | undefined;
type Told = { host?: Header; 'user-agent'?: Header; 'x-forwarded-for'?: Header };

/** What the last request of a connection told, which is nearly always what its next one tells. */
const lastOf = new WeakMap<Socket, { told: Told; client: ClientInfo }>();

/** Where a request came from: the peer, or what trusted proxies in front of us say of theirs. */
export function clientInfoOf(request: IncomingMessage, trusted: BlockList): ClientInfo {
  const { headers, socket } = request;
  const last = lastOf.get(socket);
  if (last && isSame(last.told, headers)) return last.client;
  const client = readClientInfo(request, trusted);
  const { host, 'user-agent': userAgent, 'x-forwarded-for': forwarded } = headers;
  lastOf.set(socket, { told: { host, 'user-agent': userAgent, 'x-forwarded-for': forwarded }, client });
  return client;
}

const isSame = (last: Told, told: Told): boolean =>
  last.host === told.host &&
  last['user-agent'] === told['user-agent'] &&
  last['x-forwarded-for'] === told['x-forwarded-for'];

function readClientInfo(request: IncomingMessage, trusted: BlockList): ClientInfo {
  const host = (request.headers.host ?? '').toLowerCase();
  if (host.length > 260 || !hostPattern.test(host)) {
    throw new GatehouseError('BAD_REQUEST', 'The Host header is not valid.');
  }
  return {
    ipAddress: clientAddress(request, trusted),
    userAgent: request.headers['user-agent']?.slice(0, maxUserAgent) ?? null,
    host,
  };
}

/** From the nearest hop backwards, the first address that is not one of our own proxies. */
function clientAddress(request: IncomingMessage, trusted: BlockList): string {
  const forwarded = request.headers['x-forwarded-for'];
  if (forwarded === undefined) return plainAddress(request.socket.remoteAddress ?? '');
  const hops = (Array.isArray(forwarded) ? forwarded.join(',') : (forwarded ?? '')).split(',');
  let address = plainAddress(request.socket.remoteAddress ?? '');
  for (const hop of hops.reverse()) {
    if (!isListed(address, trusted)) return address;
    const before = plainAddress(hop.trim());
    if (!isIPv4(before) && !isIPv6(before)) return address;
    address = before;
  }
  return address;
}

export const isListed = (address: string, list: BlockList): boolean =>
  isIPv4(address) ? list.check(address, 'ipv4') : isIPv6(address) && list.check(address, 'ipv6');

/** The socket's peer itself, whatever headers say. */
export const peerAddress = (request: IncomingMessage): string =>
  plainAddress(request.socket.remoteAddress ?? '');

export const isLoopback = (address: string): boolean => address === '::1' || address.startsWith('127.');

/** `::ffff:192.0.2.1` is 192.0.2.1. */
const plainAddress = (address: string): string => address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '');
