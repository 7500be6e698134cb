import { randomBytes } from 'node:crypto';
import { sha256 } from '../oidc/secrets.ts';
import { insertPasskeyChallenge, takePasskeyChallenge } from '../queries/passkey-challenges.ts';
import type { Services } from '../services.ts';

/** Seconds that a person has at their authenticator (WebAuthn § 15.1 recommends five minutes). */
const ttl = 300;
export const timeoutMs = ttl * 1000;

/** What a challenge is good for, and who alone may answer it. */
export type Binding = { tenantId: string; boundTo: string };

const bound = (purpose: string, tenantId: string, to: string): Binding => ({
  tenantId,
  boundTo: `${purpose} ${to}`,
});

/** Adding a passkey, in a session or in a sign-in that has to wait for one. */
export const toAdd = (tenantId: string, place: { sessionId: string } | { challengeHash: string }): Binding =>
  'sessionId' in place
    ? bound('add in session', tenantId, place.sessionId)
    : bound('add at sign-in', tenantId, place.challengeHash);

/** Answering a challenge for a second factor. */
export const toVerify = (tenantId: string, challengeHash: string): Binding =>
  bound('verify', tenantId, challengeHash);

/** Authenticating again within a session. */
export const toStepUp = (tenantId: string, sessionId: string): Binding =>
  bound('step up', tenantId, sessionId);

/** Signing in without a password: who began it has a secret, or the cookie of an interaction. */
export const toSignIn = (tenantId: string, place: { secret: string } | { interactionId: string }): Binding =>
  'secret' in place
    ? bound('sign in', tenantId, sha256(place.secret))
    : bound('sign in at interaction', tenantId, place.interactionId);

/** 256 bits to be signed. */
export async function newPasskeyChallenge(
  services: Pick<Services, 'database'>,
  { tenantId, boundTo }: Binding,
): Promise<{ challenge: Uint8Array<ArrayBuffer>; expiresAt: Date }> {
  const challenge = new Uint8Array(randomBytes(32));
  const expiresAt = new Date(Date.now() + ttl * 1000);
  const challengeHash = sha256(Buffer.from(challenge).toString('base64url'));
  await insertPasskeyChallenge(services.database.db, { challengeHash, tenantId, boundTo, expiresAt });
  return { challenge, expiresAt };
}

/** Whether a challenge (base64url) is one of these; it is none afterwards, whatever becomes of the answer. */
export const takeChallenge =
  (services: Pick<Services, 'database'>, { tenantId, boundTo }: Binding) =>
  async (challenge: string): Promise<boolean> =>
    (await takePasskeyChallenge(services.database.db, [tenantId, sha256(challenge), boundTo])).length === 1;
