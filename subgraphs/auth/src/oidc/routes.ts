import type { IncomingMessage, ServerResponse } from 'node:http';
import { GatehouseError } from '@gatehouse/service-kit';
import { type ClientInfo, type Route, readBody } from '@gatehouse/service-kit/subgraph';
import { originOf } from '../origin.ts';
import type { Services } from '../services.ts';
import { answerChanging, answerReading } from './answer.ts';
import { openPaths } from './discovery.ts';
import type { InjectedResponse } from './inject.ts';
import type { Issuer } from './issuers.ts';
import { lookupFor } from './structured-tokens.ts';

/** Token requests are short; the longest part is a JWT. */
const maxBodyBytes = 32_768;
const mount = '/oauth2';

/** RFC 8414: the well-known part goes before the issuer's path. OpenID's own discovery appends it to the issuer. */
const serverMetadata = '/.well-known/oauth-authorization-server';

export function oidcRoutes(services: Services): Route[] {
  const handle =
    (pathOf: (pathname: string) => string | undefined): Route['handle'] =>
    (request, response, client) =>
      answer(services, request, response, client, pathOf).catch((error: unknown) =>
        refuse(services, response, error),
      );
  return [
    { prefix: mount, handle: handle((pathname) => pathname.slice(mount.length) || '/') },
    {
      prefix: '/.well-known',
      handle: handle((pathname) => (pathname === `${serverMetadata}${mount}` ? serverMetadata : undefined)),
    },
  ];
}

async function answer(
  services: Services,
  request: IncomingMessage,
  response: ServerResponse,
  client: ClientInfo,
  pathOf: (pathname: string) => string | undefined,
): Promise<void> {
  const [pathname = '/', search] = (request.url ?? '/').split('?', 2);
  const path = pathOf(pathname);
  if (!path || !openPaths.has(path))
    return sendError(response, 404, 'not_found', 'There is no such endpoint.');
  const tenant = await services.tenants.find(client.host);
  if (!tenant) return sendError(response, 404, 'unknown_host', 'This host belongs to no tenant.');
  const issuer = await services.issuers.of(tenant);

  const body = request.method === 'POST' ? await readForm(request) : undefined;
  // Errors are JSON, whatever a browser would rather see.
  const headers = { ...request.headers, accept: 'application/json' };
  await replaceStructuredTokens(services, issuer, path, headers, body);
  const injected = {
    method: request.method ?? 'GET',
    path: search === undefined || path === '/me' ? path : `${path}?${search}`,
    headers,
    body: body?.toString(),
    client: { ...client, userAgent: originOf(client).userAgent },
  };
  const changing = path === '/token' || path === '/token/revocation';
  const injectedAnswer =
    request.method === 'POST' && changing
      ? await answerChanging(services, issuer, injected)
      : await answerReading(issuer, injected);
  // The paths are known ones: what oidc-provider has no route for is the method.
  if (injectedAnswer.status === 404) {
    sendError(response, 405, 'invalid_request', 'The method is not allowed here.');
    return;
  }
  send(response, injectedAnswer);
}

async function replaceStructuredTokens(
  services: Services,
  issuer: Issuer,
  path: string,
  headers: IncomingMessage['headers'],
  form: URLSearchParams | undefined,
): Promise<void> {
  const parameter = path === '/me' ? 'access_token' : path.startsWith('/token/') ? 'token' : undefined;
  if (!parameter) return;
  const tokens = form?.getAll(parameter) ?? [];
  // Twice the same parameter is an error that oidc-provider reports.
  if (form && tokens.length === 1 && tokens[0])
    form.set(parameter, await lookupFor(services, issuer, tokens[0]));
  const bearer = path === '/me' && /^bearer ([^\s]+)$/i.exec(headers.authorization ?? '')?.[1];
  if (bearer) headers.authorization = `Bearer ${await lookupFor(services, issuer, bearer)}`;
}

const readForm = async (request: IncomingMessage) =>
  new URLSearchParams(await readBody(request, maxBodyBytes));

function send(response: ServerResponse, answer: InjectedResponse): void {
  response.writeHead(answer.status, { ...answer.headers, 'content-length': String(answer.body.length) });
  response.end(answer.body);
}

function refuse(services: Services, response: ServerResponse, error: unknown): void {
  const code = error instanceof GatehouseError ? error.code : undefined;
  if (code === 'PAYLOAD_TOO_LARGE') {
    sendError(response, 413, 'invalid_request', 'The body is too large.');
    return;
  }
  if (code === 'BAD_REQUEST') {
    sendError(response, 400, 'invalid_request', 'The body is not valid UTF-8.');
    return;
  }
  if (code !== 'SUBGRAPH_UNAVAILABLE') services.logger.error({ err: error }, 'an OAuth request failed');
  sendError(response, 503, 'temporarily_unavailable', 'Try again in a moment.');
}

/** In the form of RFC 6749 § 5.2. */
function sendError(response: ServerResponse, status: number, error: string, description: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const body = JSON.stringify({ error, error_description: description });
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    'cache-control': 'no-store',
    ...(status === 413 && { connection: 'close' }),
  });
  response.end(body);
}
