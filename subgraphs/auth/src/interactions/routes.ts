import { GatehouseError } from '@gatehouse/service-kit';
import { exchangeOf, type InjectedRequest, type InjectedResponse } from '../oidc/inject.ts';
import type { Issuer } from '../oidc/issuers.ts';
import { withTokenRequest } from '../oidc/token-request.ts';
import type { Services } from '../services.ts';
import { answer, type Exchange, isRefusal, methodNotAllowed, notFound, refused } from './answers.ts';
import { setSessionCookie } from './browser-cookies.ts';
import { browserSessionOf } from './browser-session.ts';
import { comeBack } from './federation-steps.ts';
import { type Interaction, openInteraction } from './open-interaction.ts';
import { requireOwnForm, requireOwnScript } from './same-origin.ts';
import { show } from './show.ts';
import { federatedPath } from './sign-in-federated.ts';
import type { Step } from './step.ts';
import { isStep, steps } from './steps.ts';

const interactionPath = /^\/interaction\/([\w-]{20,64})(?:\/([a-z-]{1,40}))?$/;
const sessionPath = '/session';

export function isInteractionPath(path: string): boolean {
  const [matched, , step] = interactionPath.exec(path) ?? [];
  return (
    path === sessionPath ||
    (matched !== undefined && (step === undefined || step === federatedPath || isStep(step)))
  );
}

/** What lies between a client's question and its answer: who is it, and may it? For scripts as JSON, and as pages. */
export function answerInteraction(
  services: Services,
  issuer: Issuer,
  request: InjectedRequest & { search: string },
): Promise<InjectedResponse> {
  const http = exchangeOf(issuer, request);
  const type = request.method === 'GET' ? request.headers?.accept : request.headers?.['content-type'];
  const page = request.path !== sessionPath && !String(type ?? '').includes('application/json');
  const exchange: Exchange = { services, issuer, request, http, page };
  return withTokenRequest(
    { client: request.client, receivedAt: Date.now(), subjects: new Map(), readAhead: new Map() },
    async () => {
      try {
        if (request.path === sessionPath) return await openBrowserSession(exchange);
        const [, uid = '', step] = interactionPath.exec(request.path) ?? [];
        const interaction = await openInteraction(issuer, http, uid);
        if (!interaction) return notFound(exchange);
        if (request.method === 'GET' && !step) return await show(exchange, interaction);
        if (request.method === 'GET' && step === federatedPath) return await comeBack(exchange, interaction);
        if (request.method !== 'POST' || !step || !isStep(step)) return methodNotAllowed(exchange);
        return await take(exchange, interaction, steps[step]);
      } catch (error) {
        if (isRefusal(error)) return refused(exchange, error);
        throw error;
      }
    },
  );
}

/** One step; what a person can do something about is told on the form that they used. */
async function take(
  exchange: Exchange,
  interaction: Interaction,
  { run, again }: Step,
): Promise<InjectedResponse> {
  const input = readOwn(exchange, interaction);
  try {
    return await run(exchange, interaction, input);
  } catch (error) {
    const shown =
      exchange.page && isRefusal(error) ? await again?.(exchange, interaction, input, error) : undefined;
    if (shown) return shown;
    throw error;
  }
}

/** The input of a request that our own page or script has made; CSRF_PREVENTED for any other. */
function readOwn(exchange: Exchange, interaction: Interaction): unknown {
  const { request, issuer, services, page } = exchange;
  const headers = exchange.http.req.headers;
  if (page) {
    const { csrf, rememberDevice, passkey, ...input } = Object.fromEntries(new URLSearchParams(request.body));
    const { tenant } = issuer;
    requireOwnForm(services.config, headers, { tenant, uid: interaction.uid, csrf: csrf ?? null });
    const remember = { rememberDevice: rememberDevice === 'yes' };
    return { ...input, ...remember, ...(passkey && { passkey: parse(passkey) }) };
  }
  requireOwnScript(headers, issuer.tenant);
  return parse(request.body || '{}');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new GatehouseError('BAD_REQUEST', 'The body is not JSON.');
  }
}

/** Ties the browser to the session of a sign-in through the API. */
async function openBrowserSession(exchange: Exchange): Promise<InjectedResponse> {
  const { services, issuer, request, http } = exchange;
  if (request.method !== 'POST') return methodNotAllowed(exchange);
  if (!String(http.req.headers['content-type'] ?? '').startsWith('application/json')) {
    throw new GatehouseError('CSRF_PREVENTED', 'Send JSON.');
  }
  requireOwnScript(http.req.headers, issuer.tenant);
  setSessionCookie(exchange, await browserSessionOf(services, issuer, http.req.headers.authorization));
  return answer(exchange, 204, '');
}
