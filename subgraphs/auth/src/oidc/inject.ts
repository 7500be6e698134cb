import { type IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import type { Issuer } from './issuers.ts';

export type InjectedRequest = {
  method: string;
  /** Below the issuer: `/token`. */
  path: string;
  headers?: Record<string, string | string[] | undefined>;
  body?: string | undefined;
  client: ClientInfo;
};

export type InjectedResponse = {
  status: number;
  headers: Record<string, string | string[]>;
  body: Buffer;
};

/** Headers about the way of a request: stated by us from configuration and the gateway's word, never passed on. */
const overwritten = /^(x-forwarded-.*|forwarded|host|content-length|transfer-encoding|connection|expect)$/;

/**
 * One request to a provider without a socket. Its answer is complete before anybody sees it, so that a transaction around
 * the request can commit first.
 */
export async function inject(issuer: Issuer, request: InjectedRequest): Promise<InjectedResponse> {
  const { req, res } = exchangeOf(issuer, request);
  const chunks: Buffer[] = [];
  const push = (chunk: unknown) => {
    if (typeof chunk === 'string' || chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk as string));
  };
  const answered = new Promise<void>((resolve) => {
    res.write = ((chunk: unknown) => {
      push(chunk);
      return true;
    }) as ServerResponse['write'];
    res.end = ((chunk: unknown) => {
      push(chunk);
      res.emit('finish');
      resolve();
      return res;
    }) as ServerResponse['end'];
  });
  await issuer.handle(req, res);
  await answered;
  return { status: res.statusCode, headers: headersOf(res), body: Buffer.concat(chunks) };
}

/** Request and response as the provider sees them, for what is answered beside it with its cookies. */
export function exchangeOf(
  issuer: Issuer,
  request: InjectedRequest,
): { req: IncomingMessage; res: ServerResponse } {
  const req = requestOf(issuer.tenant.publicUrl, request);
  return { req, res: new ServerResponse(req) };
}

export const headersOf = (res: ServerResponse): InjectedResponse['headers'] =>
  Object.fromEntries(
    Object.entries(res.getHeaders()).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value : String(value)]],
    ),
  );

function requestOf(publicUrl: string, request: InjectedRequest): IncomingMessage {
  const { protocol, host, pathname } = new URL(publicUrl);
  const mount = `${pathname.replace(/\/$/, '')}/oauth2`;
  const body = request.body === undefined ? undefined : Buffer.from(request.body);
  const passed = Object.entries(request.headers ?? {}).filter(([name]) => !overwritten.test(name));
  const headers = {
    ...Object.fromEntries(passed),
    host,
    'x-forwarded-host': host,
    'x-forwarded-proto': protocol.slice(0, -1),
    'x-forwarded-for': request.client.ipAddress,
    ...(body && { 'content-length': String(body.length) }),
  };
  const req = Readable.from(body ? [body] : [], { objectMode: false });
  return Object.assign(req, {
    method: request.method,
    url: request.path,
    originalUrl: `${mount}${request.path}`,
    headers,
    httpVersion: '1.1',
    httpVersionMajor: 1,
    httpVersionMinor: 1,
    socket: { encrypted: protocol === 'https:', remoteAddress: request.client.ipAddress, writable: true },
  }) as unknown as IncomingMessage;
}
