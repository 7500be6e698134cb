import { readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import { challengeOfInteraction } from '../mfa/challenge.ts';
import { limitAttempts } from '../mfa/limit-attempts.ts';
import { sendCodeFor, sentMethodInput } from '../mfa/send-mfa-code.ts';
import { abortInteraction } from './abort-interaction.ts';
import { challengeAgain, givenAgain } from './again.ts';
import { json, redirect } from './answers.ts';
import { deviceTokenOf, setDeviceCookie, setSessionCookie } from './browser-cookies.ts';
import { codeFactorSteps } from './code-factor-steps.ts';
import { confirmTotp, startTotp } from './enrol-totp.ts';
import { leave } from './federation-steps.ts';
import { giveConsent } from './give-consent.ts';
import { confirmPasskey, signInWithPasskey, startPasskey, startPasskeySignIn } from './passkeys.ts';
import { requireChallenge } from './require-challenge.ts';
import { done, pathOf, show, showChallenge, showExpired, showLogin, showTotp } from './show.ts';
import { signIn } from './sign-in.ts';
import { signUpSteps } from './sign-up-steps.ts';
import { signedInWith } from './signed-in-with.ts';
import type { Step } from './step.ts';
import { verifyMfa } from './verify-mfa.ts';

const login: Step = {
  async run(exchange, interaction, input) {
    const { services, issuer, request } = exchange;
    const session = await signIn(services, issuer, interaction, {
      request: input,
      deviceToken: deviceTokenOf(exchange),
      client: request.client,
    });
    if (session && 'codeExpiresAt' in session) return showExpired(exchange, interaction, session);
    if (session) setSessionCookie(exchange, session.cookie);
    else if (await challengeOfInteraction(services, issuer.tenant, interaction.uid))
      return exchange.page ? redirect(exchange, pathOf(exchange)) : show(exchange, interaction);
    return done(exchange, interaction);
  },
  async again(exchange, interaction, input, error) {
    const given = givenAgain(input, error, 'Sign-in failed.');
    return given && showLogin(exchange, interaction, given);
  },
};

const verifyMfaStep: Step = {
  async run(exchange, interaction, input) {
    const { services, issuer, request } = exchange;
    const session = await verifyMfa(services, issuer, interaction, input, request.client);
    setSessionCookie(exchange, session.cookie);
    if (session.deviceToken) setDeviceCookie(exchange, session.deviceToken);
    return done(exchange, interaction);
  },
  again: challengeAgain,
};

const sendInput = z.object({ method: sentMethodInput.default('EMAIL') });

const sendMfaCode: Step = {
  async run(exchange, interaction, input) {
    const { services, issuer, request } = exchange;
    const { method } = readInput(sendInput, input);
    const open = await requireChallenge(services, issuer, interaction, 'verify');
    await limitAttempts(services, request.client);
    const sent = await sendCodeFor(services, open, { method, client: request.client });
    if (!exchange.page) return json(exchange, 200, sent);
    const to = sent.phoneNumber ?? 'the e-mail address of your account';
    return showChallenge(exchange, interaction, open, { method, notice: `A code is on its way to ${to}.` });
  },
  again: challengeAgain,
};

const startTotpStep: Step = {
  async run(exchange, interaction) {
    const { services, issuer, request } = exchange;
    const started = await startTotp(services, issuer, interaction, request.client);
    return showTotp(exchange, interaction, { started });
  },
  again: challengeAgain,
};

const confirmTotpStep: Step = {
  async run(exchange, interaction, input) {
    const { services, issuer, request } = exchange;
    const session = await confirmTotp(services, issuer, interaction, input, request.client);
    return signedInWith(exchange, interaction, session);
  },
  async again(exchange, interaction, input, error) {
    const given = givenAgain(input, error, 'This code is not right. Enter the one that your app shows now.');
    return given
      ? showTotp(exchange, interaction, given)
      : challengeAgain(exchange, interaction, input, error);
  },
};

/** What a script needs to have an authenticator do something. */
const askingAuthenticator = (start: typeof startPasskey | typeof startPasskeySignIn): Step => ({
  async run(exchange, interaction) {
    const { services, issuer, request } = exchange;
    return json(exchange, 200, await start(services, issuer, interaction, request.client));
  },
});

const signInWithPasskeyStep: Step = {
  async run(exchange, interaction, input) {
    const { services, issuer, request } = exchange;
    const session = await signInWithPasskey(services, issuer, interaction, input, request.client);
    setSessionCookie(exchange, session.cookie);
    return done(exchange, interaction);
  },
  async again(exchange, interaction, input, error) {
    const given = givenAgain(input, error, 'This passkey did not sign you in. Use your password.');
    return given && showLogin(exchange, interaction, given);
  },
};

const confirmPasskeyStep: Step = {
  async run(exchange, interaction, input) {
    const { services, issuer, request } = exchange;
    const session = await confirmPasskey(services, issuer, interaction, input, request.client);
    return signedInWith(exchange, interaction, session);
  },
  again: challengeAgain,
};

const consent: Step = {
  async run(exchange, interaction) {
    await giveConsent(exchange.services, exchange.issuer, interaction, exchange.request.client);
    return done(exchange, interaction);
  },
};

const abort: Step = {
  async run(exchange, interaction) {
    await abortInteraction(interaction);
    return done(exchange, interaction);
  },
};

const [emailFactor, smsFactor] = [codeFactorSteps('email'), codeFactorSteps('sms')];

/** By the last part of the path, which is what the API calls it. */
export const steps = {
  login,
  'verify-mfa': verifyMfaStep,
  'send-mfa-code': sendMfaCode,
  'start-totp': startTotpStep,
  'confirm-totp': confirmTotpStep,
  'start-passkey-sign-in': askingAuthenticator(startPasskeySignIn),
  'sign-in-with-passkey': signInWithPasskeyStep,
  'start-email-factor': emailFactor.start,
  'confirm-email-factor': emailFactor.confirm,
  'start-sms-factor': smsFactor.start,
  'confirm-sms-factor': smsFactor.confirm,
  'start-passkey': askingAuthenticator(startPasskey),
  'confirm-passkey': confirmPasskeyStep,
  consent,
  abort,
  federation: { run: leave },
  'request-sign-up-code': signUpSteps.request,
  'confirm-sign-up': signUpSteps.confirm,
  'abandon-sign-up': signUpSteps.abandon,
} satisfies Record<string, Step>;

export const isStep = (name: string): name is keyof typeof steps => Object.hasOwn(steps, name);
