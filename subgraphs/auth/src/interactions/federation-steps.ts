import { GatehouseError } from '@gatehouse/service-kit';
import { browserCookie } from '../federation/browser-cookie.ts';
import type { InjectedResponse } from '../oidc/inject.ts';
import { type Exchange, json, redirect } from './answers.ts';
import { deviceTokenOf, setSessionCookie } from './browser-cookies.ts';
import type { Interaction } from './open-interaction.ts';
import { isWaiting, pathOf, showLogin } from './show.ts';
import { goToProvider, signInFederated } from './sign-in-federated.ts';

/** Sends the browser to a provider. */
export async function leave(
  exchange: Exchange,
  interaction: Interaction,
  input: unknown,
): Promise<InjectedResponse> {
  const { services, issuer, http, request } = exchange;
  const begun = await goToProvider(services, issuer, interaction, input, request.client);
  browserCookie(issuer, http, begun.state).set(begun.browserSecret);
  const { href } = begun.url;
  return exchange.page ? redirect(exchange, href) : json(exchange, 200, { redirectTo: href });
}

/** Takes in a browser that comes back from a provider, with a code or without one. */
export async function comeBack(exchange: Exchange, interaction: Interaction): Promise<InjectedResponse> {
  const { services, issuer, request } = exchange;
  const code = new URLSearchParams(request.search).get('code');
  if (code === null) {
    return showLogin(exchange, interaction, { problem: 'The sign-in there did not work.', status: 400 });
  }
  try {
    const session = await signInFederated(services, issuer, interaction, {
      code,
      deviceToken: deviceTokenOf(exchange),
      client: request.client,
    });
    if (session) setSessionCookie(exchange, session.cookie);
    else if (await isWaiting(exchange, interaction)) return redirect(exchange, pathOf(exchange));
  } catch (error) {
    if (!(error instanceof GatehouseError) || error.code !== 'ACCOUNT_NOT_LINKED') throw error;
    return showLogin(exchange, interaction, { problem: error.message, status: 403 });
  }
  return redirect(exchange, interaction.returnTo);
}
