import type { MailTemplate } from '../../generated/resolvers.ts';

/**
 * What an address gets no more once its reader called a mail of the tenant unwanted: whatever a stranger or an administrator has sent to an
 * address that they typed. What the holder of an account asks for, and what they have to know of it, goes on: nobody could lock them out of
 * their account, or keep an attack from them, by a press on a button (docs/decisions/0031-bounces-and-complaints.md).
 */
export const stopsOnComplaint: Record<MailTemplate, boolean> = {
  CONFIRM_REGISTRATION: true,
  INVITATION: true,
  ADDRESS_ALREADY_REGISTERED: true,
  SIGN_UP_CODE: true,
  CONFIRM_EMAIL_CHANGE: true,
  SECURITY_ALERT: true,
  RESET_PASSWORD: false,
  SIGN_IN_CODE: false,
  PASSWORD_CHANGED: false,
  EMAIL_CHANGE_REQUESTED: false,
  EMAIL_CHANGED: false,
  ACCOUNT_LOCKED: false,
  ACCOUNT_RESTRICTED: false,
  API_KEY_CREATED: false,
  SECOND_FACTOR_ADDED: false,
  SECOND_FACTOR_REMOVED: false,
  SECOND_FACTOR_LOCKED: false,
  ACCOUNT_LINKED: false,
  ACCOUNT_UNLINKED: false,
  BACKUP_CODE_USED: false,
  NEW_DEVICE_SIGN_IN: false,
  SIGN_IN_REFUSED: false,
};
