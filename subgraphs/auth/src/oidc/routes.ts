import type { IncomingMessage, ServerResponse } from 'node:http';
import { databaseOutage } from '@gatehouse/data';
import { GatehouseError } from '@gatehouse/service-kit';
import { type ClientInfo, type Route, readBody } from '@gatehouse/service-kit/subgraph';
import { answerFederation, isFederationPath } from '../federation/routes.ts';
import { limitSignIns } from '../interactions/limit-sign-ins.ts';
import { answerInteraction, isInteractionPath } from '../interactions/routes.ts';
import { originOf } from '../origin.ts';
import { passkeyScript, passkeyScriptPath } from '../pages/passkey-script.ts';
import { answerRegistration, registrationPath } from '../registration/routes.ts';
import type { Services } from '../services.ts';
import { requireOpen } from '../tenants.ts';
import { answerChanging, answerClient, answerReading, answerRenewing } from './answer.ts';
import { endpointAt } from './discovery.ts';
import type { InjectedResponse } from './inject.ts';
import type { Issuer } from './issuers.ts';
import { clientNamedBy, namedBy } from './named.ts';
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
  const endpoint = path === undefined ? undefined : endpointAt(path);
  if (path === passkeyScriptPath && /^(GET|HEAD)$/.test(request.method ?? '')) return sendScript(response);
  if (!path || !(endpoint || path === registrationPath || isInteractionPath(path) || isFederationPath(path)))
    return sendError(response, 404, 'not_found', 'There is no such endpoint.');
  const tenant = await services.tenants.find(client.host);
  if (!tenant) return sendError(response, 404, 'unknown_host', 'This host belongs to no tenant.');
  services.addressBlocks.refuse(tenant.id, client.ipAddress);
  const issuer = await services.issuers.of(requireOpen(tenant));
  const caller = { ...client, userAgent: originOf(client).userAgent };
  const { method = 'GET', headers } = request;
  if (!endpoint) {
    const body = method === 'POST' ? await readBody(request, maxBodyBytes) : undefined;
    const asked = { method, path, search: search ?? '' };
    const answerOther = isFederationPath(path)
      ? answerFederation
      : path === registrationPath
        ? answerRegistration
        : answerInteraction;
    return send(response, await answerOther(services, issuer, { ...asked, headers, body, client: caller }));
  }
  if (!endpoint.methods.includes(method))
    return sendError(response, 405, 'invalid_request', 'The method is not allowed here.');
  // Guessing of user codes is bounded (RFC 8628 §5.1).
  if (path === '/device' && method === 'POST') await limitSignIns(services, client);

  // Where a client authenticates itself.
  const isForClients = method === 'POST' && !endpoint.page && path !== '/me';
  if (isForClients) services.clientFailures.check(client.ipAddress);

  const text = method === 'POST' ? await readBody(request, maxBodyBytes) : undefined;
  const form = text === undefined ? undefined : new URLSearchParams(text);
  const isReplaced = await replaceStructuredTokens(services, issuer, path, form);
  const injected = {
    method,
    path: search === undefined || path === '/me' ? path : `${path}?${search}`,
    // Errors are JSON, whatever a browser would rather see; but for its pages.
    headers: { ...headers, ...(!endpoint.page && { accept: 'application/json' }) },
    body: isReplaced ? form?.toString() : text,
    client: caller,
    names: isForClients ? namedBy(path, headers, form) : undefined,
  };
  const answerIt = endpoint.kind === 'changing' ? answererOf(path, form, headers) : answerReading;
  const answered = await answerIt(services, issuer, injected);
  if (isForClients && isClientRefused(answered)) await services.clientFailures.failed(client.ipAddress);
  send(response, answered);
}

/**
 * How much of a transaction a request needs. A token for a client itself is stored by one statement, and what a refresh comes to by
 * another; proofs that must not be used twice are stored apart, so that a request with one is answered once.
 */
function answererOf(path: string, form: URLSearchParams | undefined, headers: IncomingMessage['headers']) {
  const grantType = path === '/token' ? form?.getAll('grant_type').join() : undefined;
  const hasProof = headers.dpop !== undefined || form?.has('client_assertion');
  if (grantType === 'client_credentials') {
    const id = hasProof ? undefined : clientNamedBy(headers, form);
    return id === undefined ? answerReading : answerClient(id);
  }
  return grantType === 'refresh_token' && !hasProof ? answerRenewing : answerChanging;
}

const isClientRefused = ({ status, body }: InjectedResponse): boolean =>
  status === 401 && body.includes('"invalid_client"');

/** These endpoints look tokens up by their stored ids. Answers whether the form was changed. */
async function replaceStructuredTokens(
  services: Services,
  issuer: Issuer,
  path: string,
  form: URLSearchParams | undefined,
): Promise<boolean> {
  if (!path.startsWith('/token/')) return false;
  const [token, ...others] = form?.getAll('token') ?? [];
  // Twice the same parameter is an error that oidc-provider reports.
  if (!form || !token || others.length > 0) return false;
  form.set('token', await lookupFor(services, issuer, token));
  return true;
}

function send(response: ServerResponse, answer: InjectedResponse): void {
  const { status, headers, body } = answer;
  headers['content-length'] = String(Buffer.byteLength(body));
  // Text goes out with the headers, in one piece.
  response.writeHead(status, headers).end(body);
}

/** The path changes with what it says. */
const sendScript = (response: ServerResponse): void =>
  send(response, {
    status: 200,
    headers: {
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
    },
    body: passkeyScript,
  });

const retryAfterSeconds = 5;

function refuse(services: Services, response: ServerResponse, error: unknown): void {
  const coded = error instanceof GatehouseError ? error : databaseOutage(error);
  const code = coded?.code;
  if (code === 'PAYLOAD_TOO_LARGE') {
    sendError(response, 413, 'invalid_request', 'The body is too large.');
    return;
  }
  if (code === 'TENANT_SUSPENDED') {
    sendError(response, 403, 'tenant_suspended', 'This tenant is suspended.');
    return;
  }
  if (code === 'BAD_REQUEST') {
    sendError(response, 400, 'invalid_request', 'The body is not valid UTF-8.');
    return;
  }
  if (code === 'ADDRESS_BLOCKED') {
    sendError(response, 403, 'access_denied', 'Requests from this address are not answered.');
    return;
  }
  if (code === 'RATE_LIMITED') {
    const retryAfter = Number(coded?.extensions.retryAfter ?? 60);
    sendError(response, 429, 'rate_limited', 'Too many attempts.', retryAfter);
    return;
  }
  if (code !== 'SUBGRAPH_UNAVAILABLE' && code !== 'OVERLOADED')
    services.logger.error({ err: error }, 'an OAuth request failed');
  sendError(response, 503, 'temporarily_unavailable', 'Try again in a moment.', retryAfterSeconds);
}

/** In the form of RFC 6749 § 5.2. */
function sendError(
  response: ServerResponse,
  status: number,
  error: string,
  description: string,
  retryAfter?: number,
): void {
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
    ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
  });
  response.end(body);
}
