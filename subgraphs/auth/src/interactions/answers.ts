import { GatehouseError } from '@gatehouse/service-kit';
import { type exchangeOf, headersOf, type InjectedRequest, type InjectedResponse } from '../oidc/inject.ts';
import type { Issuer } from '../oidc/issuers.ts';
import { errorPage } from '../pages/error-page.ts';
import { pageHeaders } from '../pages/page.ts';
import { passkeyScriptPath } from '../pages/passkey-script.ts';
import type { Services } from '../services.ts';

/** Everything that one request is about. */
export type Exchange = {
  services: Services;
  issuer: Issuer;
  request: InjectedRequest & { search: string };
  http: ReturnType<typeof exchangeOf>;
  /** A page answers; else JSON does. */
  page: boolean;
};

/** Statuses of refusals; the codes are told in lower case, as OAuth's are. */
const statusOf: Partial<Record<string, number>> = {
  INVALID_CREDENTIALS: 401,
  INVALID_CODE: 401,
  UNAUTHENTICATED: 401,
  BAD_USER_INPUT: 400,
  BAD_REQUEST: 400,
  CSRF_PREVENTED: 403,
  FORBIDDEN: 403,
  ACCOUNT_NOT_LINKED: 403,
  NOT_FOUND: 404,
  PROVIDER_UNAVAILABLE: 502,
  CONFLICT: 409,
  RATE_LIMITED: 429,
};

export const isRefusal = (error: unknown): error is GatehouseError =>
  error instanceof GatehouseError && Object.hasOwn(statusOf, error.code);

export const statusOfRefusal = ({ code }: GatehouseError): number => statusOf[code] ?? 400;

export function refused(exchange: Exchange, error: GatehouseError): InjectedResponse {
  const { retryAfter, fields } = error.extensions as { retryAfter?: number; fields?: unknown };
  return refusal(
    exchange,
    statusOfRefusal(error),
    error.code.toLowerCase(),
    error.message,
    retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) },
    fields === undefined ? {} : { fields },
  );
}

export const methodNotAllowed = (exchange: Exchange): InjectedResponse =>
  refusal(exchange, 405, 'invalid_request', 'The method is not allowed here.');

export const notFound = (exchange: Exchange): InjectedResponse =>
  refusal(
    exchange,
    404,
    'interaction_not_found',
    'This sign-in has expired, or was begun in another browser.',
  );

function refusal(
  exchange: Exchange,
  status: number,
  error: string,
  description: string,
  headers: Record<string, string> = {},
  details: Record<string, unknown> = {},
): InjectedResponse {
  const told = exchange.page
    ? html(exchange, status, errorPage(exchange.issuer.tenant, { error, error_description: description }))
    : json(exchange, status, { error, error_description: description, ...details });
  return { ...told, headers: { ...told.headers, ...headers } };
}

export const html = (
  exchange: Exchange,
  status: number,
  body: string,
  { redirectUri, script }: { redirectUri?: unknown; script?: boolean } = {},
): InjectedResponse =>
  answer(exchange, status, body, {
    ...pageHeaders(
      exchange.issuer.tenant,
      redirectUri,
      script ? `${exchange.issuer.provider.issuer}${passkeyScriptPath}` : undefined,
    ),
    'content-type': 'text/html; charset=utf-8',
  });

export const json = (exchange: Exchange, status: number, body: unknown): InjectedResponse =>
  answer(exchange, status, JSON.stringify(body), { 'content-type': 'application/json; charset=utf-8' });

export const redirect = (exchange: Exchange, location: string): InjectedResponse =>
  answer(exchange, 303, '', { location });

export const answer = (
  { http }: Exchange,
  status: number,
  body: string,
  headers: Record<string, string> = {},
): InjectedResponse => ({
  status,
  headers: { 'cache-control': 'no-store', ...headersOf(http.res), ...headers },
  body: Buffer.from(body),
});
