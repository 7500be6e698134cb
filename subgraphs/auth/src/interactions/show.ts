import { traits } from '../federation/kinds.ts';
import { challengeOfInteraction, methodsFor, type OpenChallenge } from '../mfa/challenge.ts';
import type { CodeFactorKind } from '../mfa/confirm-code-factor.ts';
import type { StartedTotp } from '../mfa/start-totp.ts';
import type { InjectedResponse } from '../oidc/inject.ts';
import { consentPage, loginPage } from '../pages/interaction-pages.ts';
import {
  backupCodesPage,
  codeFactorPage,
  enrolmentPage,
  secondFactorPage,
  totpPage,
} from '../pages/second-factor-pages.ts';
import { signUpPage } from '../pages/sign-up-pages.ts';
import type { PasswordExpired } from '../passwords/password-expired.ts';
import { findSignUp } from '../queries/external-sign-ups.ts';
import { enabledProviders } from '../queries/identity-providers.ts';
import { findSubject } from '../subject.ts';
import type { ExternalSignUp } from '../tables/external-sign-up.ts';
import type { IdentityProvider } from '../tables/identity-provider.ts';
import { type Exchange, html, json, notFound, redirect } from './answers.ts';
import type { Interaction } from './open-interaction.ts';
import { requestedScopes } from './requested-scopes.ts';
import { formToken } from './same-origin.ts';

/** What a form is shown again with. */
export type Given = {
  identifier?: string;
  method?: string;
  problem?: string | undefined;
  notice?: string;
  status?: number;
};

/** What the interaction asks for now. */
export async function show(exchange: Exchange, interaction: Interaction): Promise<InjectedResponse> {
  const { services, issuer } = exchange;
  const { prompt, params, session } = interaction;
  const client = await issuer.provider.Client.find(String(params.client_id));
  if (!client) return notFound(exchange);
  const open = await waitsFor(exchange, interaction);
  if (open) return showChallenge(exchange, interaction, open);
  if (interaction.result) return done(exchange, interaction);
  const signUp = await signUpOf(exchange, interaction);
  if (signUp) return showSignUp(exchange, interaction, signUp);
  const account = session && (await findSubject(services, session.accountId));
  const asksConsent = prompt.name === 'consent' && account;
  const scopes = await requestedScopes(issuer, interaction);
  if (exchange.page) {
    if (!asksConsent) return showLogin(exchange, interaction);
    const form = { ...(await formOf(exchange, interaction)), scopes, email: account.email };
    return html(exchange, 200, consentPage(form), { redirectUri: params.redirect_uri });
  }
  return json(exchange, 200, {
    uid: interaction.uid,
    prompt: asksConsent ? 'consent' : 'login',
    client: { id: client.clientId, name: client.clientName ?? client.clientId },
    scopes,
    loginHint: params.login_hint ?? null,
    acrValues: typeof params.acr_values === 'string' ? params.acr_values.split(' ') : [],
    account: account ? { email: account.email } : null,
    passwordSignIn: issuer.tenant.policy.passwordSignIn,
    providers: (await redirecting(exchange)).map(({ id, name, kind }) => ({ id, name, kind })),
  });
}

const waitsFor = async ({ services, issuer }: Exchange, { prompt, uid }: Interaction) =>
  prompt.name === 'login' ? challengeOfInteraction(services, issuer.tenant, uid) : undefined;

const signUpOf = async ({ services, issuer }: Exchange, { prompt, uid }: Interaction) =>
  prompt.name === 'login'
    ? findSignUp(services.database.db, { tenantId: issuer.tenant.id, interactionUid: uid })
    : undefined;

/** Whether a sign-in was begun here that something is missing of: a second factor, or an address. */
export const isWaiting = async (exchange: Exchange, interaction: Interaction): Promise<boolean> =>
  (await waitsFor(exchange, interaction)) !== undefined ||
  (await signUpOf(exchange, interaction)) !== undefined;

/** Asks for an address, and for the code that was mailed there. */
export async function showSignUp(
  exchange: Exchange,
  interaction: Interaction,
  { email, expiresAt }: ExternalSignUp,
  { problem, status = 200 }: Given = {},
): Promise<InjectedResponse> {
  if (!exchange.page) return json(exchange, 200, { uid: interaction.uid, prompt: 'email', email, expiresAt });
  const notice = email === null || problem ? undefined : `A code is on its way to ${email}.`;
  const form = { ...(await formOf(exchange, interaction)), email, problem, notice };
  return html(exchange, status, signUpPage(form), { redirectUri: interaction.params.redirect_uri });
}

/** Back to where the client's question goes on. */
export const done = (
  exchange: Exchange,
  interaction: Interaction,
  told: Record<string, unknown> = {},
): InjectedResponse =>
  exchange.page
    ? redirect(exchange, interaction.returnTo)
    : json(exchange, 200, { redirectTo: interaction.returnTo, ...told });

export async function showLogin(
  exchange: Exchange,
  interaction: Interaction,
  given: Given = {},
): Promise<InjectedResponse> {
  const { params } = interaction;
  const identifier = given.identifier ?? String(params.login_hint ?? '');
  const { problem } = given;
  const providers = await redirecting(exchange);
  const { passwordSignIn } = exchange.issuer.tenant.policy;
  const form = { ...(await formOf(exchange, interaction)), identifier, problem, providers, passwordSignIn };
  return html(exchange, given.status ?? 200, loginPage(form), {
    redirectUri: params.redirect_uri,
    script: true,
  });
}

/** Tells who knew their password that it is too old, and where the link for a new one went. */
export async function showExpired(
  exchange: Exchange,
  interaction: Interaction,
  { codeExpiresAt }: PasswordExpired,
): Promise<InjectedResponse> {
  if (!exchange.page)
    return json(exchange, 200, { uid: interaction.uid, prompt: 'password_expired', codeExpiresAt });
  const problem = 'Your password is too old. A link to choose a new one is on its way to you by mail.';
  return showLogin(exchange, interaction, { problem });
}

/** Asks for the second factor, or for a first one to be added; as JSON it says which. */
export async function showChallenge(
  exchange: Exchange,
  interaction: Interaction,
  { challenge }: OpenChallenge,
  given: Given = {},
): Promise<InjectedResponse> {
  const { services } = exchange;
  const { purpose, expiresAt } = challenge;
  const methods = purpose === 'verify' ? await methodsFor(services.database.db, challenge) : [];
  if (!exchange.page) {
    const prompt = purpose === 'verify' ? 'mfa' : 'mfa_enrolment';
    return json(exchange, 200, { uid: interaction.uid, prompt, methods, expiresAt });
  }
  const deviceTtl = exchange.issuer.tenant.policy.rememberedDevices ? services.config.deviceTtl : null;
  const { smsCountries } = services.config;
  const sms = smsCountries === 'any' || smsCountries.length > 0;
  const form = { ...(await formOf(exchange, interaction)), ...given, methods, deviceTtl, sms };
  const body = purpose === 'verify' ? secondFactorPage(form) : enrolmentPage(form);
  const script = purpose === 'enrol' || methods.includes('PASSKEY');
  return html(exchange, given.status ?? 200, body, { redirectUri: interaction.params.redirect_uri, script });
}

/** The form for a code that was sent to add a first factor. */
export async function showCodeFactor(
  exchange: Exchange,
  interaction: Interaction,
  kind: CodeFactorKind,
  { problem, notice, status = 200 }: Given,
): Promise<InjectedResponse> {
  const form = { ...(await formOf(exchange, interaction)), kind, problem, notice };
  return html(exchange, status, codeFactorPage(form), { redirectUri: interaction.params.redirect_uri });
}

/** The secret for an app, this once; without it, the form for a code of the app that has it already. */
export async function showTotp(
  exchange: Exchange,
  interaction: Interaction,
  given: Given & { started?: StartedTotp },
): Promise<InjectedResponse> {
  const { started, problem, status = 200 } = given;
  if (!exchange.page) return json(exchange, status, started);
  const form = { ...(await formOf(exchange, interaction)), started, problem };
  return html(exchange, status, totpPage(form), { redirectUri: interaction.params.redirect_uri });
}

export async function showBackupCodes(
  exchange: Exchange,
  interaction: Interaction,
  backupCodes: string[],
): Promise<InjectedResponse> {
  if (!exchange.page) return done(exchange, interaction, { backupCodes });
  const { clientName } = await formOf(exchange, interaction);
  const body = backupCodesPage({
    brand: exchange.issuer.tenant,
    clientName,
    backupCodes,
    returnTo: interaction.returnTo,
  });
  return html(exchange, 200, body, { redirectUri: interaction.params.redirect_uri });
}

/** Of the interaction, for the browser. */
export const pathOf = ({ http }: Exchange): string =>
  String((http.req as { originalUrl?: string }).originalUrl).replace(/\/[a-z-]+(\?.*)?$/, '');

/** Providers that a browser can be sent to. */
const redirecting = async ({ services, issuer }: Exchange): Promise<IdentityProvider[]> =>
  (await enabledProviders(services.database.db, issuer.tenant.id)).filter(
    ({ kind }) => traits[kind].protocol !== 'payload',
  );

async function formOf({ services, issuer, http }: Exchange, { uid, params }: Interaction) {
  const client = await issuer.provider.Client.find(String(params.client_id));
  const path = new URL(String((http.req as { originalUrl?: string }).originalUrl), issuer.provider.issuer)
    .pathname;
  return {
    brand: issuer.tenant,
    action: path.slice(0, path.indexOf(uid) + uid.length),
    csrf: formToken(services.config, uid),
    clientName: client?.clientName ?? String(params.client_id),
    issuer: issuer.provider.issuer,
  };
}
