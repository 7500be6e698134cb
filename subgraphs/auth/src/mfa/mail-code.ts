import { newId } from '@gatehouse/data';
import { takeQuota } from '../limits/take-quota.ts';
import { sendMail } from '../send-mail.ts';
import type { Services } from '../services.ts';
import type { Subject } from '../subject.ts';
import { mailedCodeHash, newShortCode } from './codes.ts';
import type { SentCode } from './send-mfa-code.ts';

const anHour = 3_600;

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
  const code = newShortCode();
  const codeExpiresAt = new Date(Date.now() + mfaCodeTtl * 1000);
  await put(mailedCodeHash(services.config, subject.userId, code));
  await sendMail(services, subject, {
    idempotencyKey: `mfa:${newId()}`,
    template: 'SIGN_IN_CODE',
    parameters: { code, expiresAt: codeExpiresAt.toISOString() },
  });
  return { codeExpiresAt, phoneNumber: null };
}
