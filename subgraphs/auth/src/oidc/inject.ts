import { type IncomingMessage, ServerResponse } from 'node:http';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { LRUCache } from 'lru-cache';
import type { Issuer } from './issuers.ts';
import type { Named } from './read-ahead.ts';

export type InjectedRequest = {
  method: string;
  /** Below the issuer: `/token`. */
  path: string;
  headers?: Record<string, string | string[] | undefined>;
  body?: string | undefined;
  client: ClientInfo;
  /** What it will be asked for first. */
  names?: Named | undefined;
};

export type InjectedResponse = {
  status: number;
  headers: Record<string, string | string[]>;
  /** Text where it was written as one. */
  body: string | Buffer;
};

/** Headers about the way of a request: stated by us from configuration and the gateway's word, never passed on. */
const overwritten = new Set([
  'forwarded',
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'expect',
]);
const isOverwritten = (name: string): boolean => overwritten.has(name) || name.startsWith('x-forwarded-');

/**
 * One request to a provider without a socket. Its answer is complete before anybody sees it, so that a transaction around
 * the request can commit first. Rejects where the response was told to `fail`.
 */
export async function inject(issuer: Issuer, request: InjectedRequest): Promise<InjectedResponse> {
  const { req, res } = exchangeOf(issuer, request);
  await issuer.handle(req, res);
  return await res.answered;
}

/** Request and response as the provider sees them, for what is answered beside it with its cookies. */
export function exchangeOf(
  issuer: Issuer,
  request: InjectedRequest,
): { req: IncomingMessage; res: CollectedResponse } {
  const req = requestOf(issuer.tenant.publicUrl, request);
  return { req, res: new CollectedResponse(req) };
}

/**
 * A response without a socket. A class, because V8 keeps a function that is written down where it is assigned to a property, and all that it
 * reaches, until the next full collection.
 */
export class CollectedResponse extends ServerResponse {
  #chunks: (string | Buffer)[] = [];
  #answered = Promise.withResolvers<InjectedResponse>();

  get answered(): Promise<InjectedResponse> {
    return this.#answered.promise;
  }

  /** Whatever is answered, `inject` fails with the error. */
  fail(error: unknown): void {
    this.#answered.reject(error);
    // Nobody waits for it yet.
    this.answered.catch(() => {});
  }

  override write(chunk: unknown): boolean {
    this.#collect(chunk);
    return true;
  }

  override end(chunk?: unknown): this {
    this.#collect(chunk);
    this.emit('finish');
    const [only = '', ...others] = this.#chunks;
    const body = others.length === 0 ? only : Buffer.concat(this.#chunks.map((chunk) => Buffer.from(chunk)));
    this.#answered.resolve({ status: this.statusCode, headers: headersOf(this), body });
    return this;
  }

  #collect(chunk: unknown): void {
    if (typeof chunk === 'string') this.#chunks.push(chunk);
    else if (chunk instanceof Uint8Array) this.#chunks.push(Buffer.from(chunk));
  }
}

export function headersOf(res: ServerResponse): InjectedResponse['headers'] {
  const headers: InjectedResponse['headers'] = {};
  for (const [name, value] of Object.entries(res.getHeaders())) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value : String(value);
  }
  return headers;
}

function requestOf(publicUrl: string, request: InjectedRequest): IncomingMessage {
  const { isTls, protocol, host, mount } = placeOf(publicUrl);
  const { ipAddress } = request.client;
  const headers: Record<string, string | string[] | undefined> = {};
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    if (!isOverwritten(name)) headers[name] = value;
  }
  headers.host = host;
  headers['x-forwarded-host'] = host;
  headers['x-forwarded-proto'] = protocol;
  headers['x-forwarded-for'] = ipAddress;
  const body = request.body === undefined ? undefined : Buffer.from(request.body);
  if (body) headers['content-length'] = String(body.length);
  return {
    ...bodyOf(body),
    method: request.method,
    url: request.path,
    originalUrl: `${mount}${request.path}`,
    headers,
    httpVersion: '1.1',
    httpVersionMajor: 1,
    httpVersionMinor: 1,
    socket: { encrypted: isTls, remoteAddress: ipAddress, writable: true },
  } as unknown as IncomingMessage;
}

/** Of a request's stream, what its body is read by: it is here already. */
const bodyOf = (body: Buffer | undefined) => ({
  readable: true,
  readableEncoding: null,
  async *iterator() {
    if (body) yield body;
  },
});

type Place = { isTls: boolean; protocol: string; host: string; mount: string };
const places = new LRUCache<string, Place>({ max: 1_000 });

function placeOf(publicUrl: string): Place {
  const known = places.get(publicUrl);
  if (known) return known;
  const { protocol, host, pathname } = new URL(publicUrl);
  const mount = `${pathname.replace(/\/$/, '')}/oauth2`;
  const place = { isTls: protocol === 'https:', protocol: protocol.slice(0, -1), host, mount };
  places.set(publicUrl, place);
  return place;
}
