import { GatehouseError } from '@gatehouse/service-kit';
import { limitSignIns } from '../interactions/limit-sign-ins.ts';
import { exchangeOf, headersOf, type InjectedRequest, type InjectedResponse } from '../oidc/inject.ts';
import type { Issuer } from '../oidc/issuers.ts';
import { errorPage } from '../pages/error-page.ts';
import { pageHeaders } from '../pages/page.ts';
import type { Services } from '../services.ts';
import { browserCookie } from './browser-cookie.ts';
import { findEnabledProvider } from './find-provider.ts';
import { readBeginning, startExternalLogin } from './start-external-login.ts';
import { type CallbackOutcome, takeCallback } from './take-callback.ts';

const federationPath =
  /^\/federation\/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\/(start|callback)$/;

export const isFederationPath = (path: string): boolean => federationPath.test(path);

type Http = ReturnType<typeof exchangeOf>;

/** The way to a provider and back, for a browser: always a redirect, or a page that says why there is none. */
export async function answerFederation(
  services: Services,
  issuer: Issuer,
  request: InjectedRequest & { search: string },
): Promise<InjectedResponse> {
  const http = exchangeOf(issuer, request);
  const [, providerId = '', step] = federationPath.exec(request.path) ?? [];
  const parameters = new URLSearchParams(request.search);
  if (request.method !== 'GET')
    return refusal(issuer, http, 405, 'invalid_request', 'The method is not allowed here.');
  try {
    const location =
      step === 'start'
        ? await start(services, issuer, http, { providerId, parameters, request })
        : await callback(services, issuer, http, { providerId, parameters });
    return answer(http, 303, '', { location });
  } catch (error) {
    const status = error instanceof GatehouseError ? statusOf[error.code] : undefined;
    if (!(error instanceof GatehouseError) || !status) throw error;
    return refusal(issuer, http, status, error.code.toLowerCase(), error.message);
  }
}

type Asked = { providerId: string; parameters: URLSearchParams };

async function start(
  services: Services,
  issuer: Issuer,
  http: Http,
  { providerId, parameters, request }: Asked & { request: InjectedRequest },
): Promise<string> {
  // Another site must not begin what ends with somebody signed in here.
  if (http.req.headers['sec-fetch-site'] === 'cross-site') {
    throw new GatehouseError('CSRF_PREVENTED', 'Begin at the sign-in page.');
  }
  await limitSignIns(services, request.client);
  const { tenant } = issuer;
  const provider = await findEnabledProvider(services, tenant.id, providerId);
  const beginning = readBeginning(tenant, parameters);
  const { url, state, browserSecret } = await startExternalLogin(services, tenant, provider, beginning);
  browserCookie(issuer, http, state).set(browserSecret);
  return url.href;
}

async function callback(
  services: Services,
  issuer: Issuer,
  http: Http,
  { providerId, parameters }: Asked,
): Promise<string> {
  const state = parameters.get('state') ?? '';
  const cookie = browserCookie(issuer, http, state);
  const browserSecret = cookie.get();
  if (parameters.getAll('state').length !== 1 || !browserSecret) {
    throw new GatehouseError('INVALID_CODE', 'This sign-in did not begin in this browser, or took too long.');
  }
  cookie.clear();
  const outcome = await takeCallback(services, issuer.tenant, providerId, {
    parameters,
    state,
    browserSecret,
  });
  return locationOf(issuer, outcome);
}

/** A page of the tenant's own address, which is configuration. */
function locationOf({ tenant }: Issuer, outcome: CallbackOutcome): string {
  const url = new URL(outcome.returnTo, new URL(tenant.publicUrl).origin);
  if ('code' in outcome) url.searchParams.set('code', outcome.code);
  else url.searchParams.set('error', outcome.error);
  return url.href;
}

const statusOf: Partial<Record<string, number>> = {
  BAD_USER_INPUT: 400,
  INVALID_CODE: 400,
  CSRF_PREVENTED: 403,
  NOT_FOUND: 404,
  RATE_LIMITED: 429,
  PROVIDER_UNAVAILABLE: 502,
};

function refusal(
  { tenant }: Issuer,
  http: Http,
  status: number,
  error: string,
  description: string,
): InjectedResponse {
  return answer(http, status, errorPage(tenant, { error, error_description: description }), {
    ...pageHeaders(tenant),
    'content-type': 'text/html; charset=utf-8',
    ...(status === 405 && { allow: 'GET' }),
    ...(status === 429 && { 'retry-after': '60' }),
  });
}

const answer = (
  http: Http,
  status: number,
  body: string,
  headers: Record<string, string>,
): InjectedResponse => ({
  status,
  headers: {
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    ...headersOf(http.res),
    ...headers,
  },
  body: Buffer.from(body),
});
