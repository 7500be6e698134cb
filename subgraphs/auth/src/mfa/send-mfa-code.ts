import type { UserPrincipal } from '@gatehouse/identity';
import { badInput, GatehouseError, readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { invalidCode } from '../codes/one-time-code.ts';
import { putChallengeCode } from '../queries/mfa-challenges.ts';
import { findActiveFactors, putFactorCode } from '../queries/mfa-factors.ts';
import type { Services } from '../services.ts';
import { textCode } from '../sms/text-code.ts';
import { activeIn, findSubject, type Subject } from '../subject.ts';
import type { MfaFactor } from '../tables/mfa-factor.ts';
import { type OpenChallenge, openChallenge } from './challenge.ts';
import { textedCodeHash } from './codes.ts';
import { limitAttempts } from './limit-attempts.ts';
import { mailCode } from './mail-code.ts';

/** The methods whose codes are sent. */
export const sentMethodInput = z.enum(['EMAIL', 'SMS']);
export type SentMethod = z.output<typeof sentMethodInput>;

const input = z
  .object({ challengeId: z.string().max(512).nullish(), method: sentMethodInput.nullish() })
  .nullish()
  .transform((value) => ({ challengeId: value?.challengeId ?? undefined, method: value?.method ?? 'EMAIL' }));

/** Codes that may be sent for one challenge. */
const codesPerChallenge = 3;

export type SentCode = {
  codeExpiresAt: Date;
  /** Where an SMS went, masked. */
  phoneNumber: string | null;
};

/**
 * Sends a code in place of the one before, by mail or SMS: for a challenge, or to somebody signed in, for a step-up. INVALID_CODE for
 * a challenge that is not good; CONFLICT when the method is no factor of the account; RATE_LIMITED.
 */
export async function sendMfaCode(
  services: Services,
  request: unknown,
  principal: UserPrincipal | undefined,
  client: ClientInfo,
): Promise<SentCode> {
  const { challengeId, method } = readInput(input, request);
  await limitAttempts(services, client);
  if (challengeId === undefined) {
    if (!principal) throw badInput({ path: 'challengeId', message: 'is needed from who is not signed in' });
    const subject = activeIn(principal.tenantId, await findSubject(services, principal.userId));
    if (!subject) throw new GatehouseError('UNAUTHENTICATED', 'Sign in first.');
    const { mfaCodeTtl } = services.config;
    return send(services, { subject, method, client }, async (hash, { id }) => {
      await putFactorCode(services.database.db, [id, hash, mfaCodeTtl]);
    });
  }
  const tenant = await services.tenants.ofHost(client.host);
  const open = await openChallenge(services, tenant, challengeId, 'verify');
  return sendCodeFor(services, open, { method, client });
}

/** The same for a challenge that was found. */
export async function sendCodeFor(
  services: Services,
  { challenge, subject }: OpenChallenge,
  { method, client }: { method: SentMethod; client: ClientInfo },
): Promise<SentCode> {
  const put = async (hash: string) => {
    const values = [challenge.idHash, hash, services.config.mfaCodeTtl, codesPerChallenge];
    if ((await putChallengeCode(services.database.db, values)).length === 1) return;
    if (challenge.codesSent < codesPerChallenge) throw invalidCode();
    throw new GatehouseError('RATE_LIMITED', 'Too many codes were sent: sign in again.', {
      retryAfter: 60,
    });
  };
  if (!challenge.mailed) return send(services, { subject, method, client }, put);
  if (method !== 'EMAIL') throw notThere();
  return mailCode(services, subject, put);
}

const notThere = () => new GatehouseError('CONFLICT', 'This is no second factor of this account.');

type Sending = { subject: Subject; method: SentMethod; client: ClientInfo };

async function send(
  services: Services,
  { subject, method, client }: Sending,
  put: (codeHash: string, factor: MfaFactor) => Promise<void>,
): Promise<SentCode> {
  const { config, database } = services;
  const kind = method === 'SMS' ? 'sms' : 'email';
  const factor = (await findActiveFactors(database.db, subject)).find((one) => one.kind === kind);
  if (!factor) throw notThere();
  const { phoneNumber } = factor;
  if (phoneNumber === null) return mailCode(services, subject, (hash) => put(hash, factor));
  return textCode(services, { subject, phoneNumber, purpose: 'sign-in', client }, (code) =>
    put(textedCodeHash(config, subject.userId, code), factor),
  );
}
