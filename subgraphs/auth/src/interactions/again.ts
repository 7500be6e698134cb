import type { GatehouseError } from '@gatehouse/service-kit';
import { challengeOfInteraction } from '../mfa/challenge.ts';
import type { InjectedResponse } from '../oidc/inject.ts';
import { type Exchange, statusOfRefusal } from './answers.ts';
import type { Interaction } from './open-interaction.ts';
import { type Given, showChallenge, showLogin } from './show.ts';

/** The page of the second factor again; of the sign-in, when that has taken too long. */
export async function challengeAgain(
  exchange: Exchange,
  interaction: Interaction,
  input: unknown,
  error: GatehouseError,
): Promise<InjectedResponse | undefined> {
  const { services, issuer } = exchange;
  const open = await challengeOfInteraction(services, issuer.tenant, interaction.uid);
  if (!open) {
    const given = { problem: 'Your sign-in took too long. Sign in again.', status: statusOfRefusal(error) };
    return interaction.prompt.name === 'login' ? showLogin(exchange, interaction, given) : undefined;
  }
  const given = givenAgain(input, error, 'That was not right, or was used already.');
  return given && showChallenge(exchange, interaction, open, given);
}

/** What the form is shown again with; undefined for what the person can't do anything about. */
export function givenAgain(input: unknown, error: GatehouseError, problem: string): Given | undefined {
  const { identifier, method } = input as { identifier?: string; method?: string };
  const given = { identifier: identifier ?? '', ...(method && { method }), status: statusOfRefusal(error) };
  switch (error.code) {
    case 'INVALID_CREDENTIALS':
    case 'INVALID_CODE':
    case 'BAD_USER_INPUT':
      return { ...given, problem };
    case 'RATE_LIMITED':
      return { ...given, problem: 'Too many attempts. Wait a while, then try again.' };
    default:
      return undefined;
  }
}

/** The page on which a first factor is chosen again, when nothing can be sent to what was entered. */
export async function factorAgain(
  exchange: Exchange,
  interaction: Interaction,
  input: unknown,
  error: GatehouseError,
): Promise<InjectedResponse | undefined> {
  const { services, issuer } = exchange;
  const open = await challengeOfInteraction(services, issuer.tenant, interaction.uid);
  const isRefused = error.code === 'FORBIDDEN' || error.code === 'BAD_USER_INPUT';
  if (!open || !isRefused) return challengeAgain(exchange, interaction, input, error);
  const problem = 'No code can be sent there.';
  return showChallenge(exchange, interaction, open, { problem, status: statusOfRefusal(error) });
}
