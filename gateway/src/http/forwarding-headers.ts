import type { IncomingHttpHeaders } from 'node:http';
import { passportHeader } from '@gatehouse/service-kit/subgraph';

/** RFC 9110 §7.6.1: about one connection, not about the message. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
]);

/** What a client must not be able to say about itself to a subgraph. */
const isForged = (name: string): boolean =>
  name === passportHeader || name === 'forwarded' || name === 'x-real-ip' || name.startsWith('x-forwarded-');

/** Headers without those that end at this hop, named ones (`Connection: x`) included. */
export function withoutHopByHop(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  const named = String(headers.connection ?? '')
    .toLowerCase()
    .split(',');
  const ending = new Set([...hopByHop, ...named.map((name) => name.trim())]);
  const kept: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !ending.has(name)) kept[name] = value;
  }
  return kept;
}

/** Replaces, in place, everything that says where a request came from by what the gateway knows. */
export function overwriteForwarding(
  headers: IncomingHttpHeaders,
  known: { ipAddress: string; host: string; protocol: string },
): void {
  for (const name of Object.keys(headers)) if (isForged(name)) delete headers[name];
  headers['x-forwarded-for'] = known.ipAddress;
  headers['x-forwarded-host'] = known.host;
  headers['x-forwarded-proto'] = known.protocol;
}
