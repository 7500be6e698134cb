import type { generateAuthenticationOptions } from '@simplewebauthn/server';
import { findPasskeysOf } from '../queries/passkeys.ts';
import type { Services } from '../services.ts';
import { type Binding, newPasskeyChallenge, timeoutMs } from './challenge.ts';
import { relyingPartyOf } from './relying-party.ts';
import { webauthn } from './webauthn.ts';

/** As `navigator.credentials.get` takes it, as JSON (WebAuthn § 5.1, PublicKeyCredentialRequestOptionsJSON). */
export type RequestOptions = Awaited<ReturnType<typeof generateAuthenticationOptions>>;

/** A new challenge: for the passkeys of somebody, or for any that the browser has for this host. */
export async function requestOptions(
  services: Pick<Services, 'database'>,
  tenant: { publicUrl: string },
  binding: Binding,
  userId?: string,
): Promise<{ options: RequestOptions; expiresAt: Date }> {
  const { challenge, expiresAt } = await newPasskeyChallenge(services, binding);
  const known =
    userId === undefined
      ? []
      : await findPasskeysOf(services.database.db, { tenantId: binding.tenantId, userId });
  const options = await (await webauthn()).generateAuthenticationOptions({
    rpID: relyingPartyOf(tenant).rpID,
    challenge,
    timeout: timeoutMs,
    userVerification: 'required',
    allowCredentials: known.map(({ credentialId, transports }) => ({
      id: credentialId,
      transports: transports as Transports,
    })),
  });
  return { options, expiresAt };
}

export type Transports = NonNullable<
  NonNullable<Parameters<typeof generateAuthenticationOptions>[0]['allowCredentials']>[number]['transports']
>;
