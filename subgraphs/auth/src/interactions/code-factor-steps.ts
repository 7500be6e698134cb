import type { CodeFactorKind } from '../mfa/confirm-code-factor.ts';
import { challengeAgain, factorAgain, givenAgain } from './again.ts';
import { json } from './answers.ts';
import { confirmCodeFactor, startCodeFactor } from './enrol-code-factor.ts';
import { showCodeFactor } from './show.ts';
import { signedInWith } from './signed-in-with.ts';
import type { Step } from './step.ts';

/** The steps in which somebody adds e-mail or SMS as the first factor that their sign-in waits for. */
export const codeFactorSteps = (kind: CodeFactorKind): { start: Step; confirm: Step } => ({
  start: {
    async run(exchange, interaction, request) {
      const { services, issuer } = exchange;
      const { client } = exchange.request;
      const sent = await startCodeFactor(services, issuer, interaction, { kind, request, client });
      if (!exchange.page) return json(exchange, 200, sent);
      const to = sent.phoneNumber ?? 'the e-mail address of your account';
      return showCodeFactor(exchange, interaction, kind, { notice: `A code is on its way to ${to}.` });
    },
    again: factorAgain,
  },
  confirm: {
    async run(exchange, interaction, request) {
      const { services, issuer } = exchange;
      const { client } = exchange.request;
      const session = await confirmCodeFactor(services, issuer, interaction, { kind, request, client });
      return signedInWith(exchange, interaction, session);
    },
    async again(exchange, interaction, input, error) {
      const given = givenAgain(input, error, 'This code is not right, or was used already.');
      return given
        ? showCodeFactor(exchange, interaction, kind, given)
        : challengeAgain(exchange, interaction, input, error);
    },
  },
});
