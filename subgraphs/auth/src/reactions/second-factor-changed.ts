import type { EventOf } from '@gatehouse/events';
import { sendMail } from '../send-mail.ts';
import type { Services } from '../services.ts';
import { findSubject } from '../subject.ts';
import { react } from './react.ts';

/** As much of what somebody is called elsewhere as a mail repeats. */
const maxAccount = 200;

const types = [
  'user.mfa_enabled',
  'auth.factor_removed',
  'auth.backup_code_used',
  'auth.account_linked',
  'auth.account_unlinked',
] as const;

/** Whatever changes how an account signs in is told to its holder by mail. */
export const secondFactorChanged = (services: Services) =>
  react(services, 'auth.second-factor-changed', types, async (_unit, event) => {
    const subject = await findSubject(services, event.data.userId);
    if (subject?.status !== 'ACTIVE') return;
    await sendMail(services, subject, { idempotencyKey: `second-factor:${event.id}`, ...mailAbout(event) });
  });

function mailAbout(event: EventOf<(typeof types)[number]>) {
  const occurredAt = event.time;
  switch (event.type) {
    case 'user.mfa_enabled':
      return {
        template: 'SECOND_FACTOR_ADDED',
        parameters: { occurredAt, method: event.data.mfaMethod },
      } as const;
    case 'auth.factor_removed':
      return {
        template: 'SECOND_FACTOR_REMOVED',
        parameters: { occurredAt, method: event.data.method },
      } as const;
    case 'auth.account_linked':
    case 'auth.account_unlinked': {
      const { provider, ipAddress } = event.data;
      const account = event.data.account?.slice(0, maxAccount);
      const template = event.type === 'auth.account_linked' ? 'ACCOUNT_LINKED' : 'ACCOUNT_UNLINKED';
      return { template, parameters: { occurredAt, provider, account, ipAddress } } as const;
    }
    case 'auth.backup_code_used': {
      const { codesLeft, ipAddress } = event.data;
      return { template: 'BACKUP_CODE_USED', parameters: { occurredAt, codesLeft, ipAddress } } as const;
    }
  }
}
