import type { Services } from '../services.ts';
import type { Passkey } from '../tables/passkey.ts';
import { type Binding, takeChallenge } from './challenge.ts';
import { relyingPartyOf } from './relying-party.ts';
import type { RegistrationResponse } from './response-input.ts';
import { webauthn } from './webauthn.ts';

/** What new passkeys may sign with: EdDSA, ES256, RS256 (IANA COSE Algorithms). */
export const algorithms = [-8, -7, -257];

export type NewPasskey = Pick<
  Passkey,
  'credentialId' | 'publicKey' | 'counter' | 'transports' | 'backupEligible' | 'backedUp'
>;

/**
 * The passkey that a browser has made for this challenge, which is used up; undefined when it was made for another
 * challenge, origin or host, or without verifying the person (WebAuthn § 7.1).
 */
export async function verifyRegistration(
  services: Services,
  tenant: { publicUrl: string },
  binding: Binding,
  response: RegistrationResponse,
): Promise<NewPasskey | undefined> {
  const { rpID, origin } = relyingPartyOf(tenant);
  try {
    const { verifyRegistrationResponse } = await webauthn();
    const { registrationInfo } = await verifyRegistrationResponse({
      response,
      expectedChallenge: takeChallenge(services, binding),
      expectedOrigin: origin,
      expectedRPID: rpID,
      requireUserVerification: true,
      supportedAlgorithmIDs: algorithms,
    });
    if (!registrationInfo) return undefined;
    const { credential, credentialDeviceType, credentialBackedUp } = registrationInfo;
    return {
      credentialId: credential.id,
      publicKey: Buffer.from(credential.publicKey).toString('base64url'),
      counter: credential.counter,
      transports: response.response.transports ?? [],
      backupEligible: credentialDeviceType === 'multiDevice',
      backedUp: credentialBackedUp,
    };
  } catch (err) {
    services.logger.debug({ err }, 'a new passkey was refused');
    return undefined;
  }
}
