import { readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import { takeConfirmedSignUp } from '../federation/confirm-sign-up.ts';
import { requestSignUpCodeFor } from '../federation/request-sign-up-code.ts';
import { codeInput } from '../mfa/codes.ts';
import { deleteSignUpOfInteraction, findSignUp, type SignUpKey } from '../queries/external-sign-ups.ts';
import { givenAgain } from './again.ts';
import { type Exchange, redirect, statusOfRefusal } from './answers.ts';
import { deviceTokenOf, setSessionCookie } from './browser-cookies.ts';
import { limitSignIns } from './limit-sign-ins.ts';
import { type Interaction, requirePrompt } from './open-interaction.ts';
import { done, pathOf, show, showLogin, showSignUp } from './show.ts';
import { signInAs } from './sign-in-federated.ts';
import type { Step } from './step.ts';

const keyOf = ({ issuer }: Exchange, { uid }: Interaction): SignUpKey => ({
  tenantId: issuer.tenant.id,
  interactionUid: uid,
});

/** The form again; the sign-in, when there is no sign-up any more. */
const again =
  (problem: string): NonNullable<Step['again']> =>
  async (exchange, interaction, input, error) => {
    const signUp = await findSignUp(exchange.services.database.db, keyOf(exchange, interaction));
    if (error.code === 'ACCOUNT_NOT_LINKED' || !signUp) {
      const told = error.code === 'ACCOUNT_NOT_LINKED' ? error.message : 'This took too long. Begin again.';
      return showLogin(exchange, interaction, { problem: told, status: statusOfRefusal(error) });
    }
    const given = givenAgain(input, error, problem);
    return given && showSignUp(exchange, interaction, signUp, given);
  };

const request: Step = {
  async run(exchange, interaction, input) {
    const { services } = exchange;
    const { client } = exchange.request;
    requirePrompt(interaction, 'login');
    await limitSignIns(services, client);
    await requestSignUpCodeFor(services, keyOf(exchange, interaction), input, client);
    return exchange.page ? redirect(exchange, pathOf(exchange)) : show(exchange, interaction);
  },
  again: again('No account can be made with this address. Enter another one.'),
};

const confirmInput = z.object({ code: codeInput });

const confirm: Step = {
  async run(exchange, interaction, input) {
    const { services, issuer } = exchange;
    const { client } = exchange.request;
    requirePrompt(interaction, 'login');
    const { code } = readInput(confirmInput, input);
    const outcome = await takeConfirmedSignUp(services, keyOf(exchange, interaction), { code, client });
    const login = { client, deviceToken: deviceTokenOf(exchange), confirmed: true };
    const session = await signInAs(services, issuer, interaction, outcome, login);
    if (!session) return exchange.page ? redirect(exchange, pathOf(exchange)) : show(exchange, interaction);
    setSessionCookie(exchange, session.cookie);
    return done(exchange, interaction);
  },
  again: again('This code is not right, or was used already.'),
};

const abandon: Step = {
  async run(exchange, interaction) {
    await deleteSignUpOfInteraction(exchange.services.database.db, interaction.uid);
    return exchange.page ? redirect(exchange, pathOf(exchange)) : show(exchange, interaction);
  },
};

/** The steps of somebody who comes from a provider that tells no address. */
export const signUpSteps = { request, confirm, abandon };
