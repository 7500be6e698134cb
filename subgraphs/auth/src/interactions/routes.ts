import { GatehouseError } from '@gatehouse/service-kit';
import { exchangeOf, headersOf, type InjectedRequest, type InjectedResponse } from '../oidc/inject.ts';
import type { Issuer } from '../oidc/issuers.ts';
import { withTokenRequest } from '../oidc/token-request.ts';
import { errorPage } from '../pages/error-page.ts';
import { consentPage, loginPage } from '../pages/interaction-pages.ts';
import { pageHeaders } from '../pages/page.ts';
import type { Services } from '../services.ts';
import { findSubject } from '../subject.ts';
import { abortInteraction } from './abort-interaction.ts';
import { browserSessionOf } from './browser-session.ts';
import { giveConsent } from './give-consent.ts';
import { type Interaction, openInteraction } from './open-interaction.ts';
import { requestedScopes } from './requested-scopes.ts';
import { formToken, requireOwnForm, requireOwnScript } from './same-origin.ts';
import { signIn } from './sign-in.ts';

const interactionPath = /^\/interaction\/([\w-]{20,64})(?:\/(login|consent|abort))?$/;
const sessionPath = '/session';

export const isInteractionPath = (path: string): boolean =>
  path === sessionPath || interactionPath.test(path);

/** Everything that one request is about. */
type Exchange = {
  services: Services;
  issuer: Issuer;
  request: InjectedRequest;
  http: ReturnType<typeof exchangeOf>;
  /** A page answers; else JSON does. */
  page: boolean;
};

/** What lies between a client's question and its answer: who is it, and may it? For scripts as JSON, and as pages. */
export function answerInteraction(
  services: Services,
  issuer: Issuer,
  request: InjectedRequest,
): Promise<InjectedResponse> {
  const http = exchangeOf(issuer, request);
  const type = request.method === 'GET' ? request.headers?.accept : request.headers?.['content-type'];
  const page = request.path !== sessionPath && !String(type ?? '').includes('application/json');
  const exchange: Exchange = { services, issuer, request, http, page };
  return withTokenRequest(
    { client: request.client, receivedAt: Date.now(), subjects: new Map() },
    async () => {
      try {
        if (request.path === sessionPath) return await openBrowserSession(exchange);
        const [, uid = '', step] = interactionPath.exec(request.path) ?? [];
        const interaction = await openInteraction(issuer, http, uid);
        if (!interaction) return notFound(exchange);
        if (request.method === 'GET' && !step) return await show(exchange, interaction);
        if (request.method !== 'POST' || !step)
          return refusal(exchange, 405, 'invalid_request', 'The method is not allowed here.');
        return await take(exchange, interaction, step);
      } catch (error) {
        if (error instanceof GatehouseError && Object.hasOwn(statusOf, error.code))
          return refused(exchange, error);
        throw error;
      }
    },
  );
}

async function take(exchange: Exchange, interaction: Interaction, step: string): Promise<InjectedResponse> {
  const { services, issuer, request } = exchange;
  const input = readOwn(exchange, interaction);
  if (step === 'abort') await abortInteraction(interaction);
  else if (step === 'consent') await giveConsent(services, issuer, interaction, request.client);
  else {
    if (interaction.prompt.name !== 'login') {
      throw new GatehouseError('CONFLICT', 'This interaction does not ask for a sign-in.');
    }
    try {
      setSessionCookie(exchange, await signIn(services, issuer, interaction, input, request.client));
    } catch (error) {
      const code = error instanceof GatehouseError ? error.code : undefined;
      if (!exchange.page || !code || !retryable.has(code)) throw error;
      return await showLogin(exchange, interaction, {
        identifier: String((input as { identifier?: unknown }).identifier ?? ''),
        problem: code === 'RATE_LIMITED' ? 'Too many attempts. Wait a minute.' : 'Sign-in failed.',
        status: statusOf[code] ?? 400,
      });
    }
  }
  return exchange.page
    ? answer(exchange, 303, '', { location: interaction.returnTo })
    : json(exchange, 200, { redirectTo: interaction.returnTo });
}

/** The input of a request that our own page or script has made; CSRF_PREVENTED for any other. */
function readOwn(exchange: Exchange, interaction: Interaction): unknown {
  const { request, issuer, services, page } = exchange;
  const headers = exchange.http.req.headers;
  if (page) {
    const form = new URLSearchParams(request.body);
    const { tenant } = issuer;
    requireOwnForm(services.config, headers, { tenant, uid: interaction.uid, csrf: form.get('csrf') });
    return { identifier: form.get('identifier'), password: form.get('password') };
  }
  requireOwnScript(headers, issuer.tenant);
  try {
    return JSON.parse(request.body || '{}') as unknown;
  } catch {
    throw new GatehouseError('BAD_REQUEST', 'The body is not JSON.');
  }
}

async function show(exchange: Exchange, interaction: Interaction): Promise<InjectedResponse> {
  const { services, issuer } = exchange;
  const { prompt, params, session } = interaction;
  const client = await issuer.provider.Client.find(String(params.client_id));
  if (!client) return notFound(exchange);
  const account = session && (await findSubject(services, session.accountId));
  const asksConsent = prompt.name === 'consent' && account;
  const scopes = await requestedScopes(issuer, interaction);
  if (exchange.page) {
    if (!asksConsent) return await showLogin(exchange, interaction);
    const form = { ...(await formOf(exchange, interaction)), scopes, email: account.email };
    return html(exchange, 200, consentPage(form), params.redirect_uri);
  }
  return json(exchange, 200, {
    uid: interaction.uid,
    prompt: asksConsent ? 'consent' : 'login',
    client: { id: client.clientId, name: client.clientName ?? client.clientId },
    scopes,
    loginHint: params.login_hint ?? null,
    acrValues: typeof params.acr_values === 'string' ? params.acr_values.split(' ') : [],
    account: account ? { email: account.email } : null,
  });
}

async function showLogin(
  exchange: Exchange,
  interaction: Interaction,
  given: { identifier?: string; problem?: string; status?: number } = {},
): Promise<InjectedResponse> {
  const { params } = interaction;
  const identifier = given.identifier ?? String(params.login_hint ?? '');
  const form = { ...(await formOf(exchange, interaction)), identifier, problem: given.problem };
  return html(exchange, given.status ?? 200, loginPage(form), params.redirect_uri);
}

async function formOf({ services, issuer, http }: Exchange, { uid, params }: Interaction) {
  const client = await issuer.provider.Client.find(String(params.client_id));
  const path = new URL(String((http.req as { originalUrl?: string }).originalUrl), issuer.provider.issuer)
    .pathname;
  return {
    action: path.replace(/\/(login|consent|abort)$/, ''),
    csrf: formToken(services.config, uid),
    clientName: client?.clientName ?? String(params.client_id),
  };
}

/** Ties the browser to the session of a sign-in through the API. */
async function openBrowserSession(exchange: Exchange): Promise<InjectedResponse> {
  const { services, issuer, request, http } = exchange;
  if (request.method !== 'POST')
    return refusal(exchange, 405, 'invalid_request', 'The method is not allowed here.');
  if (!String(http.req.headers['content-type'] ?? '').startsWith('application/json')) {
    throw new GatehouseError('CSRF_PREVENTED', 'Send JSON.');
  }
  requireOwnScript(http.req.headers, issuer.tenant);
  setSessionCookie(exchange, await browserSessionOf(services, issuer, http.req.headers.authorization));
  return answer(exchange, 204, '');
}

function setSessionCookie({ services, issuer, http }: Exchange, value: string): void {
  const { provider, tenant } = issuer;
  const { cookies } = provider.createContext(http.req, http.res);
  const secure = tenant.publicUrl.startsWith('https:');
  cookies.secure = secure;
  cookies.set(provider.cookieName('session'), value, {
    httpOnly: true,
    sameSite: 'lax',
    signed: true,
    secure,
    path: '/',
    maxAge: services.config.sessionAbsoluteTtl * 1000,
  });
}

/** Statuses of refusals; the codes are told in lower case, as OAuth's are. */
const statusOf: Partial<Record<string, number>> = {
  INVALID_CREDENTIALS: 401,
  UNAUTHENTICATED: 401,
  BAD_USER_INPUT: 400,
  BAD_REQUEST: 400,
  CSRF_PREVENTED: 403,
  CONFLICT: 409,
  RATE_LIMITED: 429,
};
/** What a person can do something about on the page. */
const retryable = new Set(['INVALID_CREDENTIALS', 'BAD_USER_INPUT', 'RATE_LIMITED']);

function refused(exchange: Exchange, error: GatehouseError): InjectedResponse {
  const { retryAfter, fields } = error.extensions as { retryAfter?: number; fields?: unknown };
  return refusal(
    exchange,
    statusOf[error.code] ?? 400,
    error.code.toLowerCase(),
    error.message,
    retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) },
    fields === undefined ? {} : { fields },
  );
}

const notFound = (exchange: Exchange) =>
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
  if (exchange.page) {
    const body = errorPage({ error, error_description: description });
    const told = html(exchange, status, body);
    return { ...told, headers: { ...told.headers, ...headers } };
  }
  const told = json(exchange, status, { error, error_description: description, ...details });
  return { ...told, headers: { ...told.headers, ...headers } };
}

const html = (exchange: Exchange, status: number, body: string, redirectUri?: unknown): InjectedResponse =>
  answer(exchange, status, body, { ...pageHeaders(redirectUri), 'content-type': 'text/html; charset=utf-8' });

const json = (exchange: Exchange, status: number, body: unknown): InjectedResponse =>
  answer(exchange, status, JSON.stringify(body), { 'content-type': 'application/json; charset=utf-8' });

const answer = (
  { http }: Exchange,
  status: number,
  body: string,
  headers: Record<string, string> = {},
): InjectedResponse => ({
  status,
  headers: { 'cache-control': 'no-store', ...headersOf(http.res), ...headers },
  body: Buffer.from(body),
});
