import { type Caller, requireOwnUser } from '@gatehouse/identity';
import { readInput } from '@gatehouse/service-kit';
import type { generateRegistrationOptions } from '@simplewebauthn/server';
import { z } from 'zod';
import { openChallenge } from '../mfa/challenge.ts';
import { limitAttempts } from '../mfa/limit-attempts.ts';
import { requireRecentSession } from '../mfa/require-recent-session.ts';
import { requireOffered } from '../mfa/requirement.ts';
import { subjectOf } from '../mfa/subject-of.ts';
import { findPasskeysOf } from '../queries/passkeys.ts';
import type { Services } from '../services.ts';
import { nameOf, type Subject } from '../subject.ts';
import { type Binding, newPasskeyChallenge, timeoutMs, toAdd } from './challenge.ts';
import { relyingPartyOf, userHandleOf } from './relying-party.ts';
import type { Transports } from './request-options.ts';
import { algorithms } from './verify-registration.ts';
import { webauthn } from './webauthn.ts';

const input = z
  .object({ challengeId: z.string().max(512).nullish() })
  .nullish()
  .transform((value) => value?.challengeId ?? undefined);

/** As `navigator.credentials.create` takes it, as JSON (WebAuthn § 5.1). */
export type CreationOptions = Awaited<ReturnType<typeof generateRegistrationOptions>>;
export type StartedPasskey = { options: CreationOptions; expiresAt: Date };

/**
 * What a browser needs to make a passkey, which counts after `confirmPasskey`. For who is signed in, or for who has to add
 * a factor before they are: INVALID_CODE for a challenge that does not say so. FORBIDDEN when second factors are off;
 * STEP_UP_REQUIRED.
 */
export async function startPasskey(
  services: Services,
  request: unknown,
  caller: Caller,
): Promise<StartedPasskey> {
  const challengeId = readInput(input, request);
  if (challengeId === undefined) {
    const principal = requireOwnUser(caller);
    await requireRecentSession(services, principal, { always: true });
    const subject = await subjectOf(services, principal);
    return startPasskeyFor(services, subject, toAdd(subject.tenantId, principal));
  }
  const { client } = caller;
  const tenant = await services.tenants.ofHost(client.host);
  await limitAttempts(services, client);
  const { challenge, subject } = await openChallenge(services, tenant, challengeId, 'enrol');
  return startPasskeyFor(services, subject, toAdd(tenant.id, { challengeHash: challenge.idHash }));
}

/** The same for somebody who was found to be who may. */
export async function startPasskeyFor(
  services: Services,
  subject: Subject,
  binding: Binding,
): Promise<StartedPasskey> {
  const { db } = services.database;
  await requireOffered(db, subject);
  const known = await findPasskeysOf(db, subject);
  const { challenge, expiresAt } = await newPasskeyChallenge(services, binding);
  const options = await (await webauthn()).generateRegistrationOptions({
    rpName: subject.tenantName,
    rpID: relyingPartyOf(subject).rpID,
    userID: userHandleOf(subject.userId),
    userName: subject.email,
    userDisplayName: nameOf(subject),
    challenge,
    timeout: timeoutMs,
    attestationType: 'none',
    supportedAlgorithmIDs: algorithms,
    authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
    excludeCredentials: known.map(({ credentialId, transports }) => ({
      id: credentialId,
      transports: transports as Transports,
    })),
  });
  return { options, expiresAt };
}
