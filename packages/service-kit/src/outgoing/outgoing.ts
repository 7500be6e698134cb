import { lookup as resolve } from 'node:dns';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { isPublicAddress } from './addresses.ts';

export type OutgoingRequest = {
  method: 'GET' | 'POST';
  headers?: Record<string, string>;
  body?: string;
};

export type OutgoingAnswer = {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
};

/** The request was not made, or its answer not taken: where it would have gone, or how large or late it was. */
export class OutgoingRefused extends Error {}

const timeoutMs = 5_000;
const maxBytes = 262_144;

/**
 * One request to an address that somebody else has chosen. The connection itself is held against the rule, so a name that
 * resolves differently the second time gains nothing. Redirects are not followed. `allowPrivate` is for development only:
 * it lets private addresses and plain http through.
 */
export function outgoing(
  target: string,
  options: OutgoingRequest,
  { allowPrivate }: { allowPrivate: boolean },
): Promise<OutgoingAnswer> {
  const url = new URL(target);
  const isTls = url.protocol === 'https:';
  if (!isTls && !(allowPrivate && url.protocol === 'http:'))
    throw new OutgoingRefused('only https is allowed');
  const isAllowed = (address: string) => allowPrivate || isPublicAddress(address);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  // A literal address is not looked up.
  if (isIP(host) && !isAllowed(host)) throw new OutgoingRefused('the address is not a public one');

  const lookup: LookupFunction = (name, given, done) => {
    resolve(name, { ...given, all: true }, (error, found) => {
      if (error) return done(error, '', 0);
      const allowed = found.filter(({ address }) => isAllowed(address));
      const [first] = allowed;
      // One private address among public ones is no mistake.
      if (!first || allowed.length < found.length)
        return done(new OutgoingRefused('the name resolves to an address that is not public'), '', 0);
      if (given.all) (done as unknown as (error: null, found: typeof allowed) => void)(null, allowed);
      else done(null, first.address, first.family);
    });
  };

  return new Promise((answered, failed) => {
    const request = (isTls ? requestHttps : requestHttp)(url, {
      method: options.method,
      headers: {
        ...options.headers,
        ...(options.body !== undefined && { 'content-length': String(Buffer.byteLength(options.body)) }),
      },
      lookup,
      agent: false,
      signal: AbortSignal.timeout(timeoutMs),
    });
    request.once('error', failed);
    request.once('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > maxBytes) response.destroy(new OutgoingRefused('the answer is too large'));
        else chunks.push(chunk);
      });
      response.once('error', failed);
      response.once('end', () =>
        answered({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    request.end(options.body);
  });
}
