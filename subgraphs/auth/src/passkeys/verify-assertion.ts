import { findPasskeyByCredential, usePasskey } from '../queries/passkeys.ts';
import type { Origin } from '../security-events/security-event.ts';
import type { Services } from '../services.ts';
import type { Passkey } from '../tables/passkey.ts';
import type { UnitOfWork } from '../unit-of-work.ts';
import { type Binding, takeChallenge } from './challenge.ts';
import { relyingPartyOf, userHandleOf } from './relying-party.ts';
import type { AssertionResponse } from './response-input.ts';
import { webauthn } from './webauthn.ts';

/** A passkey that has signed, and what the authenticator said with it. */
export type Assertion = { passkey: Passkey; counter: number; backedUp: boolean };

/**
 * The passkey that has signed this challenge, which is used up; undefined when it is unknown, somebody else's than
 * `userId`, or has signed another challenge, for another origin or host, or without verifying the person (WebAuthn § 7.2).
 * Whoever is not known beforehand has to be named by the authenticator.
 */
export async function verifyAssertion(
  services: Services,
  tenant: { publicUrl: string },
  binding: Binding,
  given: { response: AssertionResponse; userId?: string },
): Promise<Assertion | undefined> {
  const { response, userId } = given;
  const passkey = await findPasskeyByCredential(services.database.db, binding.tenantId, response.id);
  if (!passkey || (userId !== undefined && passkey.userId !== userId)) return undefined;
  const { rpID, origin } = relyingPartyOf(tenant);
  try {
    const { verifyAuthenticationResponse } = await webauthn();
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response,
      expectedChallenge: takeChallenge(services, binding),
      expectedOrigin: origin,
      expectedRPID: rpID,
      requireUserVerification: true,
      credential: {
        id: passkey.credentialId,
        publicKey: new Uint8Array(Buffer.from(passkey.publicKey, 'base64url')),
        // Compared where it is stored, in the statement that sets it: `useAssertion`.
        counter: 0,
      },
    });
    const { userHandle } = response.response;
    const isNamed = userHandle === Buffer.from(userHandleOf(passkey.userId)).toString('base64url');
    if (!verified || (userHandle !== undefined ? !isNamed : userId === undefined)) return undefined;
    const { newCounter, credentialBackedUp } = authenticationInfo;
    return { passkey, counter: newCounter, backedUp: credentialBackedUp };
  } catch (err) {
    services.logger.debug({ err }, 'a passkey was refused');
    return undefined;
  }
}

/**
 * Takes the assertion as good, in the transaction of what it is for; false when its counter has not gone up, so that there
 * may be a copy of the passkey, and when it was removed meanwhile.
 */
export async function useAssertion(
  unit: UnitOfWork,
  { passkey, counter, backedUp }: Assertion,
  origin: Origin,
): Promise<boolean> {
  const { factorId, tenantId, userId } = passkey;
  if ((await usePasskey(unit.tx, [factorId, counter, backedUp])).length === 1) return true;
  unit.securityEvent({ tenantId, type: 'PASSKEY_REPLAYED', userId, origin, details: { factorId, counter } });
  return false;
}

/** How a passkey has proved who somebody is (RFC 8176 § 2): something they have, and that verified them. */
export const amrOf = ({ backupEligible }: Pick<Passkey, 'backupEligible'>): string[] => [
  backupEligible ? 'swk' : 'hwk',
  'user',
  'mfa',
];
