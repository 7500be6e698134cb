import { z } from 'zod';
import type { MailTemplate } from '../../generated/resolvers.ts';
import { describeDuration, describeTime, describeValidity } from './describe-time.ts';

const link = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).max(4_000);
const time = z.iso.datetime({ offset: true }).transform((value) => new Date(value));
const optionalText = z.string().trim().max(200).nullish();
const firstName = optionalText;
/** Told as a flag, or as text by way of an event's metadata. */
const flag = z
  .union([z.boolean(), z.string()])
  .nullish()
  .transform((value) => value === true || (typeof value === 'string' && value !== '' && value !== 'false'));

type Facts = { tenantName: string; now: Date };
type Words = { subject: string; heading: string; preheader: string; variables: Record<string, unknown> };

type Definition = {
  /** `templates/<file>.liquid` */
  file: string;
  read(
    parameters: unknown,
    facts: Facts,
  ): { success: true; words: Words } | { success: false; error: z.ZodError };
};

function define<S extends z.ZodType>(
  file: string,
  shape: S,
  words: (given: z.output<S>, facts: Facts) => Words,
) {
  const definition: Definition = {
    file,
    read(parameters, facts) {
      const result = shape.safeParse(parameters);
      return result.success
        ? { success: true, words: words(result.data, facts) }
        : { success: false, error: result.error };
    },
  };
  return definition;
}

/** What people call a second factor. */
const linked = z.object({
  firstName,
  provider: z.string().max(200),
  account: optionalText,
  occurredAt: time,
  ipAddress: optionalText,
});

const method = z
  .enum(['totp', 'sms', 'email', 'passkey'])
  .transform(
    (kind) => ({ totp: 'an authenticator app', sms: 'SMS', email: 'e-mail', passkey: 'a passkey' })[kind],
  );
/** A sign-in that its account's holder is told of. */
const signIn = z.object({
  firstName: optionalText,
  occurredAt: time,
  device: z.string().trim().max(200),
  ipAddress: optionalText,
  place: optionalText,
});

const occurrence = z.object({ firstName, occurredAt: time, ipAddress: optionalText });

const linkShape = z.object({ link, expiresAt: time, firstName });

/** Every mail: what it needs, its subject, and what its template is given. */
export const mailTemplates: Record<MailTemplate, Definition> = {
  CONFIRM_REGISTRATION: define(
    'confirm-registration',
    linkShape.extend({ requestedUsernameTaken: flag }),
    (given, { tenantName, now }) => ({
      subject: `Confirm your registration at ${tenantName}`,
      heading: 'Confirm your registration',
      preheader: `Confirm this address to open your account at ${tenantName}.`,
      variables: { ...given, validity: describeValidity(given.expiresAt, now) },
    }),
  ),
  INVITATION: define('invitation', linkShape, (given, { tenantName, now }) => ({
    subject: `You are invited to ${tenantName}`,
    heading: `Welcome to ${tenantName}`,
    preheader: 'Accept the invitation and choose a password.',
    variables: { ...given, validity: describeValidity(given.expiresAt, now) },
  })),
  ADDRESS_ALREADY_REGISTERED: define(
    'address-already-registered',
    z.object({ link, resetLink: link.nullish(), firstName }),
    (given, { tenantName }) => ({
      subject: `You already have an account at ${tenantName}`,
      heading: 'You already have an account',
      preheader: 'Somebody tried to register with your address. Nothing was changed.',
      variables: given,
    }),
  ),
  RESET_PASSWORD: define('reset-password', linkShape, (given, { tenantName, now }) => ({
    subject: `Choose a new password for ${tenantName}`,
    heading: 'Choose a new password',
    preheader: 'Use the link once to choose a new password.',
    variables: { ...given, validity: describeValidity(given.expiresAt, now) },
  })),
  PASSWORD_CHANGED: define('password-changed', occurrence, (given, { tenantName }) => ({
    subject: `Your password for ${tenantName} was changed`,
    heading: 'Your password was changed',
    preheader: 'If it was not you, act now.',
    variables: { ...given, occurredAt: describeTime(given.occurredAt) },
  })),
  CONFIRM_EMAIL_CHANGE: define('confirm-email-change', linkShape, (given, { tenantName, now }) => ({
    subject: `Confirm your new address for ${tenantName}`,
    heading: 'Confirm your new address',
    preheader: 'Use the link once, where you are signed in.',
    variables: { ...given, validity: describeValidity(given.expiresAt, now) },
  })),
  EMAIL_CHANGE_REQUESTED: define('email-change-requested', occurrence, (given, { tenantName }) => ({
    subject: `Your account at ${tenantName} is to have another address`,
    heading: 'Another address was asked for',
    preheader: 'If it was not you, act now.',
    variables: { ...given, occurredAt: describeTime(given.occurredAt) },
  })),
  EMAIL_CHANGED: define('email-changed', occurrence, (given, { tenantName }) => ({
    subject: `The address of your account at ${tenantName} was changed`,
    heading: 'Your address was changed',
    preheader: 'If it was not you, act now.',
    variables: { ...given, occurredAt: describeTime(given.occurredAt) },
  })),
  SECURITY_ALERT: define(
    'security-alert',
    z.object({
      firstName,
      rule: z.string().trim().min(1).max(200),
      count: z.number().int().positive(),
      windowSeconds: z.number().int().positive(),
      eventType: z.string().max(200),
      severity: z.string().max(20),
      occurredAt: time,
      link,
    }),
    (given, { tenantName }) => ({
      subject: `Security alert at ${tenantName}: ${given.rule}`,
      heading: 'Security alert',
      preheader: `The rule “${given.rule}” was set off.`,
      variables: {
        ...given,
        occurredAt: describeTime(given.occurredAt),
        eventType: given.eventType.toLowerCase().replaceAll('_', ' '),
        severity: given.severity.toLowerCase(),
        window: describeDuration(given.windowSeconds * 1_000),
      },
    }),
  ),
  ACCOUNT_LOCKED: define(
    'account-locked',
    z.object({ firstName, lockedUntil: time }),
    (given, { tenantName, now }) => ({
      subject: `Your account at ${tenantName} is locked for now`,
      heading: 'Your account is locked for now',
      preheader: 'A wrong password was entered several times.',
      variables: { ...given, validity: describeValidity(given.lockedUntil, now) },
    }),
  ),
  API_KEY_CREATED: define(
    'api-key-created',
    z.object({
      firstName,
      name: z.string().max(200),
      start: z.string().max(50),
      occurredAt: time,
      expiresAt: time,
      ipAddress: optionalText,
    }),
    (given, { tenantName }) => ({
      subject: `An API key was created at ${tenantName}`,
      heading: 'An API key was created',
      preheader: 'If it was not you, act now.',
      variables: {
        ...given,
        occurredAt: describeTime(given.occurredAt),
        expiresAt: describeTime(given.expiresAt),
      },
    }),
  ),
  SIGN_IN_CODE: define(
    'sign-in-code',
    z.object({ code: z.string().regex(/^\d{6}$/), expiresAt: time, firstName }),
    (given, { tenantName, now }) => ({
      subject: `Your code for ${tenantName}`,
      heading: 'Your code',
      preheader: 'Nobody from us will ever ask you for it.',
      variables: { ...given, validity: describeValidity(given.expiresAt, now) },
    }),
  ),
  SIGN_UP_CODE: define(
    'sign-up-code',
    z.object({ code: z.string().regex(/^\d{6}$/), expiresAt: time, firstName }),
    (given, { tenantName, now }) => ({
      subject: `Your code to open an account at ${tenantName}`,
      heading: 'Confirm your address',
      preheader: 'Enter the code where you are signing up.',
      variables: { ...given, validity: describeValidity(given.expiresAt, now) },
    }),
  ),
  SECOND_FACTOR_ADDED: define(
    'second-factor-added',
    z.object({ firstName, method, occurredAt: time }),
    (given, { tenantName }) => ({
      subject: `A second factor was added to your account at ${tenantName}`,
      heading: 'A second factor was added',
      preheader: 'If it was not you, act now.',
      variables: { ...given, occurredAt: describeTime(given.occurredAt) },
    }),
  ),
  SECOND_FACTOR_REMOVED: define(
    'second-factor-removed',
    z.object({ firstName, method, occurredAt: time }),
    (given, { tenantName }) => ({
      subject: `A second factor was removed from your account at ${tenantName}`,
      heading: 'A second factor was removed',
      preheader: 'If it was not you, act now.',
      variables: { ...given, occurredAt: describeTime(given.occurredAt) },
    }),
  ),
  ACCOUNT_LINKED: define('account-linked', linked, (given, { tenantName }) => ({
    subject: `${given.provider} can sign in to your account at ${tenantName}`,
    heading: `${given.provider} was linked to your account`,
    preheader: 'If it was not you, act now.',
    variables: { ...given, occurredAt: describeTime(given.occurredAt) },
  })),
  ACCOUNT_UNLINKED: define('account-unlinked', linked, (given, { tenantName }) => ({
    subject: `${given.provider} was unlinked from your account at ${tenantName}`,
    heading: `${given.provider} was unlinked from your account`,
    preheader: 'If it was not you, act now.',
    variables: { ...given, occurredAt: describeTime(given.occurredAt) },
  })),
  BACKUP_CODE_USED: define(
    'backup-code-used',
    z.object({
      firstName,
      codesLeft: z.number().int().nonnegative(),
      occurredAt: time,
      ipAddress: optionalText,
    }),
    (given, { tenantName }) => ({
      subject: `A backup code of your account at ${tenantName} was used`,
      heading: 'A backup code was used',
      preheader: 'If it was not you, act now.',
      variables: { ...given, occurredAt: describeTime(given.occurredAt) },
    }),
  ),
  NEW_DEVICE_SIGN_IN: define('new-device-sign-in', signIn, (given, { tenantName }) => ({
    subject: `New sign-in to your account at ${tenantName}`,
    heading: 'A sign-in from a new device',
    preheader: `${given.device}. If it was not you, act now.`,
    variables: { ...given, occurredAt: describeTime(given.occurredAt) },
  })),
  SIGN_IN_REFUSED: define('sign-in-refused', signIn, (given, { tenantName }) => ({
    subject: `A sign-in to your account at ${tenantName} was refused`,
    heading: 'A sign-in was refused',
    preheader: 'Somebody used your password in an unusual way.',
    variables: { ...given, occurredAt: describeTime(given.occurredAt) },
  })),
  ACCOUNT_RESTRICTED: define(
    'account-restricted',
    z.object({ firstName, occurredAt: time }),
    (given, { tenantName }) => ({
      subject: `Your account at ${tenantName} was restricted`,
      heading: 'Your account was restricted',
      preheader: 'Signing in is not possible until an administrator allows it again.',
      variables: { ...given, occurredAt: describeTime(given.occurredAt) },
    }),
  ),
  SECOND_FACTOR_LOCKED: define(
    'second-factor-locked',
    z.object({ firstName, lockedUntil: time }),
    (given, { tenantName, now }) => ({
      subject: `Somebody knows your password for ${tenantName}`,
      heading: 'Wrong codes were entered',
      preheader: 'After your password, wrong codes were entered several times.',
      variables: { ...given, validity: describeValidity(given.lockedUntil, now) },
    }),
  ),
};
