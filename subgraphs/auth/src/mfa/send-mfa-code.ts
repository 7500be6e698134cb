import { newId } from '@gatehouse/data';
import type { UserPrincipal } from '@gatehouse/identity';
import { badInput, GatehouseError, readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { invalidCode } from '../codes/one-time-code.ts';
import { takeQuota } from '../limits/take-quota.ts';
import { putChallengeCode } from '../queries/mfa-challenges.ts';
import { findActiveFactors, putFactorCode } from '../queries/mfa-factors.ts';
import { sendMail } from '../send-mail.ts';
import type { Services } from '../services.ts';
import { activeIn, findSubject, type Subject } from '../subject.ts';
import { type OpenChallenge, openChallenge } from './challenge.ts';
import { mailedCodeHash, newMailedCode } from './codes.ts';
import { limitAttempts } from './limit-attempts.ts';

const input = z
  .object({ challengeId: z.string().max(512).nullish() })
  .nullish()
  .transform((value) => value?.challengeId ?? undefined);

/** Codes that may be mailed for one challenge. */
const codesPerChallenge = 3;
const anHour = 3_600;

export type SentCode = { codeExpiresAt: Date };

/**
 * Mails a code in place of the one before: for a challenge, or to somebody signed in, for a step-up. INVALID_CODE for a
 * challenge that is not good; CONFLICT when e-mail is no factor of the account; RATE_LIMITED.
 */
export async function sendMfaCode(
  services: Services,
  request: unknown,
  principal: UserPrincipal | undefined,
  client: ClientInfo,
): Promise<SentCode> {
  const challengeId = readInput(input, request);
  const { mfaCodeTtl } = services.config;
  const { db } = services.database;
  await limitAttempts(services, client);
  if (challengeId === undefined) {
    if (!principal) throw badInput({ path: 'challengeId', message: 'is needed from who is not signed in' });
    const subject = activeIn(principal.tenantId, await findSubject(services, principal.userId));
    if (!subject) throw new GatehouseError('UNAUTHENTICATED', 'Sign in first.');
    const factorId = await mailFactorOf(services, subject);
    return mailCode(services, subject, async (hash) => {
      await putFactorCode(db, [factorId, hash, mfaCodeTtl]);
    });
  }
  const tenant = await services.tenants.ofHost(client.host);
  return sendCodeFor(services, await openChallenge(services, tenant, challengeId, 'verify'));
}

/** The same for a challenge that was found. */
export async function sendCodeFor(
  services: Services,
  { challenge, subject }: OpenChallenge,
): Promise<SentCode> {
  const { db } = services.database;
  const { mfaCodeTtl } = services.config;
  await mailFactorOf(services, subject);
  return mailCode(services, subject, async (hash) => {
    const values = [challenge.idHash, hash, mfaCodeTtl, codesPerChallenge];
    if ((await putChallengeCode(db, values)).length === 1) return;
    if (challenge.codesSent < codesPerChallenge) throw invalidCode();
    throw new GatehouseError('RATE_LIMITED', 'Too many codes were mailed: sign in again.', {
      retryAfter: 60,
    });
  });
}

async function mailFactorOf(services: Services, { tenantId, userId }: Subject): Promise<string> {
  const factors = await findActiveFactors(services.database.db, { tenantId, userId });
  const mail = factors.find(({ kind }) => kind === 'email');
  if (mail) return mail.id;
  throw new GatehouseError('CONFLICT', 'E-mail is no second factor of this account.');
}

/** Stores a new code with `put`, then mails it. RATE_LIMITED past what an account gets in an hour. */
export async function mailCode(
  services: Services,
  subject: Subject,
  put: (codeHash: string) => Promise<void>,
): Promise<SentCode> {
  const { mfaMailsPerAccount, mfaCodeTtl } = services.config;
  await takeQuota(services, {
    key: `mfa:mail:${subject.userId}`,
    most: mfaMailsPerAccount,
    windowSeconds: anHour,
    message: 'Too many codes were mailed.',
  });
  const code = newMailedCode();
  const codeExpiresAt = new Date(Date.now() + mfaCodeTtl * 1000);
  await put(mailedCodeHash(services.config, subject.userId, code));
  await sendMail(services, subject, {
    idempotencyKey: `mfa:${newId()}`,
    template: 'SIGN_IN_CODE',
    parameters: { code, expiresAt: codeExpiresAt.toISOString() },
  });
  return { codeExpiresAt };
}
