import { type Caller, requireOwnUser, type UserPrincipal } from '@gatehouse/identity';
import { GatehouseError, readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { invalidCode } from '../codes/one-time-code.ts';
import { nameField } from '../fields.ts';
import { afterActivation, type ConfirmedFactor } from '../mfa/activate-factor.ts';
import type { OpenChallenge } from '../mfa/challenge.ts';
import { confirmFirstFactor } from '../mfa/confirm-first-factor.ts';
import { enrol } from '../mfa/enrol.ts';
import { requireRecentSession } from '../mfa/require-recent-session.ts';
import { subjectOf } from '../mfa/subject-of.ts';
import { originOf } from '../origin.ts';
import { lockCredential } from '../queries/credentials.ts';
import { findPasskeysOf, insertPasskey } from '../queries/passkeys.ts';
import type { Services } from '../services.ts';
import type { TokenSet } from '../sessions/open-session.ts';
import type { MfaFactor } from '../tables/mfa-factor.ts';
import { inUnitOfWork, type UnitOfWork } from '../unit-of-work.ts';
import { toAdd } from './challenge.ts';
import { type RegistrationResponse, registrationInput } from './response-input.ts';
import { amrOf } from './verify-assertion.ts';
import { type NewPasskey, verifyRegistration } from './verify-registration.ts';

export const newPasskeyInput = z.object({
  passkey: registrationInput,
  name: nameField.nullish().transform((name) => name ?? 'Passkey'),
});

const input = newPasskeyInput.extend({ challengeId: z.string().max(512).nullish() });

/** More than anybody has authenticators. */
const passkeysPerAccount = 20;

/**
 * Has a passkey count that the browser has just made. INVALID_CODE for one that was made for something else, or not by
 * `startPasskey`; CONFLICT for one that is known, and for too many; STEP_UP_REQUIRED. With a challenge it completes the
 * sign-in that waits for a first factor, too.
 */
export async function confirmPasskey(
  services: Services,
  request: unknown,
  caller: Caller,
): Promise<ConfirmedFactor & { tokens: TokenSet | null }> {
  const { challengeId, ...given } = readInput(input, request);
  const { client } = caller;
  if (challengeId == null) {
    const principal = requireOwnUser(caller);
    return { ...(await addPasskey(services, given, principal, client)), tokens: null };
  }
  return enrol(services, { challengeId, client }, (open, openIt) =>
    confirmFirstPasskey(services, open, { ...given, client }, openIt),
  );
}

type Given = { passkey: RegistrationResponse; name: string };

async function addPasskey(
  services: Services,
  { passkey, name }: Given,
  principal: UserPrincipal,
  client: ClientInfo,
): Promise<ConfirmedFactor> {
  await requireRecentSession(services, principal, { always: true });
  const { tenantId, userId } = principal;
  const subject = await subjectOf(services, principal);
  const made = await verifyRegistration(services, subject, toAdd(tenantId, principal), passkey);
  if (!made) throw invalidCode();
  return inUnitOfWork(services, async (unit) => {
    await lockCredential(unit.tx, [tenantId, userId]);
    const factor = await store(unit, { ...made, tenantId, userId, name });
    return afterActivation(services, unit, {
      current: principal,
      factor,
      proof: amrOf(made),
      origin: originOf(client),
    });
  });
}

/** The same for a sign-in that waits for a first factor, with the session that `openIt` opens. INVALID_CODE, CONFLICT. */
export async function confirmFirstPasskey<S extends { sessionId: string }>(
  services: Services,
  open: OpenChallenge,
  given: Given & { client: ClientInfo },
  openIt: (unit: UnitOfWork, amr: string[]) => Promise<S>,
): Promise<{ confirmed: ConfirmedFactor; session: S }> {
  const { challenge, subject } = open;
  const { passkey, name, client } = given;
  const { tenantId, userId, idHash } = challenge;
  const binding = toAdd(tenantId, { challengeHash: idHash });
  const made = await verifyRegistration(services, subject, binding, passkey);
  if (!made) throw invalidCode();
  return confirmFirstFactor(services, open, {
    client,
    proof: amrOf(made),
    activate: (unit) => store(unit, { ...made, tenantId, userId, name }),
    openIt,
  });
}

async function store(
  { tx }: UnitOfWork,
  row: NewPasskey & { tenantId: string; userId: string; name: string },
): Promise<MfaFactor> {
  if ((await findPasskeysOf(tx, row)).length >= passkeysPerAccount) {
    throw new GatehouseError('CONFLICT', `An account has at most ${passkeysPerAccount} passkeys.`);
  }
  const factor = await insertPasskey(tx, row);
  if (factor) return factor;
  throw new GatehouseError('CONFLICT', 'This passkey is known already.');
}
