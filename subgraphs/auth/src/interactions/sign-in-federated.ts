import { readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { admit } from '../federation/admit.ts';
import { takeInteractionLogin } from '../federation/complete-external-login.ts';
import type { ExternalIdentity } from '../federation/external-identity.ts';
import { startSignUp } from '../federation/external-sign-up.ts';
import { findEnabledProvider } from '../federation/find-provider.ts';
import { amrOf, externalSessionOf, lockAccount, takeIn } from '../federation/sign-in-externally.ts';
import { startExternalLogin } from '../federation/start-external-login.ts';
import type { Issuer } from '../oidc/issuers.ts';
import type { Services } from '../services.ts';
import type { IdentityProvider } from '../tables/identity-provider.ts';
import { issuerOf } from '../tenants.ts';
import { inUnitOfWork } from '../unit-of-work.ts';
import type { BrowserSession } from './complete-sign-in.ts';
import { limitSignIns } from './limit-sign-ins.ts';
import { type Interaction, requirePrompt } from './open-interaction.ts';
import { goOn } from './sign-in.ts';

const input = z.object({ providerId: z.uuid() });

/** The last part of the path where a browser comes back to an interaction. */
export const federatedPath = 'federated';

/**
 * Begins a sign-in at a provider whose answer comes back to this interaction. NOT_FOUND, BAD_USER_INPUT, RATE_LIMITED,
 * PROVIDER_UNAVAILABLE; CONFLICT when no sign-in is asked for.
 */
export async function goToProvider(
  services: Services,
  { tenant }: Issuer,
  interaction: Interaction,
  request: unknown,
  client: ClientInfo,
): ReturnType<typeof startExternalLogin> {
  requirePrompt(interaction, 'login');
  await limitSignIns(services, client);
  const { providerId } = readInput(input, request);
  const provider = await findEnabledProvider(services, tenant.id, providerId);
  const { uid: interactionUid } = interaction;
  const { pathname } = new URL(`${issuerOf(tenant)}/interaction/${interactionUid}/${federatedPath}`);
  return startExternalLogin(services, tenant, provider, { interactionUid, returnTo: pathname });
}

/**
 * Signs a person in to an interaction who comes back from a provider; answers as `signIn`. INVALID_CODE for an outcome of
 * another interaction, or one that was taken; ACCOUNT_NOT_LINKED, INVALID_CREDENTIALS.
 */
export async function signInFederated(
  services: Services,
  issuer: Issuer,
  interaction: Interaction,
  given: { code: string; deviceToken: string | undefined; client: ClientInfo },
): Promise<BrowserSession | undefined> {
  const { code } = given;
  requirePrompt(interaction, 'login');
  const { tenant } = issuer;
  const { provider, identity } = await takeInteractionLogin(services, tenant.id, {
    code,
    interactionUid: interaction.uid,
  });
  return signInAs(services, issuer, interaction, { provider, identity }, given);
}

/** The rest, when it is known who they are there; undefined, too, when they have to name an address first. */
export async function signInAs(
  services: Services,
  issuer: Issuer,
  interaction: Interaction,
  { provider, identity }: { provider: IdentityProvider; identity: ExternalIdentity },
  given: { deviceToken: string | undefined; client: ClientInfo; confirmed?: boolean },
): Promise<BrowserSession | undefined> {
  const admitted = await admit(services, provider, identity, given.confirmed);
  if (!admitted) {
    await startSignUp(services, provider, identity, interaction.uid);
    return undefined;
  }
  const { subject } = admitted;
  return inUnitOfWork(services, async (unit) => {
    await lockAccount(unit, subject);
    const first = {
      ...given,
      subject,
      amr: amrOf(provider, identity),
      external: externalSessionOf(provider, identity),
    };
    const session = await goOn(services, unit, issuer, interaction, first);
    await takeIn(unit, provider, identity, admitted, given.client);
    return session;
  });
}
