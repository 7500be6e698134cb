import type { EventOf } from '@gatehouse/events';
import type { Message } from '../notify-user.ts';

/** Events that a user is told of inside the application. */
export const notifiedTypes = [
  'user.activated',
  'user.password_changed',
  'user.roles_changed',
  'user.security_violation',
] as const;

export type NotifiedEvent = EventOf<(typeof notifiedTypes)[number]>;

/** Violations that are explained; others are named. */
const violations: Record<string, string | undefined> = {
  account_locked: 'A wrong password was entered several times. Signing in was locked for a while.',
  second_factor_locked:
    'Wrong codes were entered several times after your password. Codes are refused for a while. If it was not you, change your password.',
  refresh_token_reused:
    'A session of yours was used from a second place and has been ended. If you do not know why, change your password.',
};

/** Before what another system calls a violation of its rules. */
const compliance = 'compliance.';
const named = (violationType: string) => violationType.replaceAll(/[_.-]+/g, ' ');

/** What the user reads about an event; null when it is not worth an interruption. */
export function messageOf(event: NotifiedEvent): Message | null {
  switch (event.type) {
    case 'user.activated':
      return {
        kind: 'welcome',
        title: 'Welcome',
        body: 'Your account is active. Complete your profile so that others recognise you.',
        data: {},
      };
    case 'user.password_changed':
      return {
        kind: 'password-changed',
        title: 'Your password was changed',
        body:
          event.data.changedBy === event.data.userId
            ? 'If it was not you, reset your password now and tell an administrator.'
            : 'It was not changed by you but by the administration of your account.',
        data: { securityLevel: event.data.securityLevel },
      };
    case 'user.roles_changed': {
      const { added, removed } = event.data;
      if (added.length + removed.length === 0) return null;
      const parts = [
        ...(added.length > 0 ? [`Added: ${added.join(', ')}.`] : []),
        ...(removed.length > 0 ? [`Removed: ${removed.join(', ')}.`] : []),
      ];
      return {
        kind: 'roles-changed',
        title: 'Your roles were changed',
        body: parts.join(' '),
        data: { added, removed },
      };
    }
    case 'user.security_violation': {
      const { violationType, severity } = event.data;
      const isCompliance = violationType.startsWith(compliance);
      if (severity === 'low' && !isCompliance) return null;
      // `details` stay with those who may read security events.
      return {
        kind: 'security-violation',
        title: 'Security alert',
        body: isCompliance
          ? `A rule was found broken with your account: ${named(violationType.slice(compliance.length))}.`
          : (violations[violationType] ??
            `Something unusual happened with your account: ${named(violationType)}.`),
        data: { violationType, severity },
      };
    }
  }
}
