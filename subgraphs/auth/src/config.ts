import { availableParallelism } from 'node:os';
import { env, StartupError } from '@gatehouse/service-kit';
import { isCountry } from '@gatehouse/service-kit/phone-number';
import { z } from 'zod';

const day = 86_400;

const countryList = z
  .string()
  .refine((text) => text === 'any' || text.split(',').every((name) => isCountry(name.trim())), {
    error: 'must be `any` or codes of countries, separated by commas: DE,AT,CH',
  })
  .transform((text) => (text === 'any' ? ('any' as const) : text.split(',').map((name) => name.trim())));

/** What the auth subgraph reads from the environment; processes merge it into theirs. Times in seconds. */
export const authEnvironment = {
  /** Encrypts signing keys and second factors at rest and derives codes. 32 characters or more; changing it makes stored keys unreadable. */
  AUTH_SECRET: z.string().min(32, { error: 'must have at least 32 characters' }).optional(),
  /** Below 10 only outside production: for tests. */
  BCRYPT_COST: env.count(12, 4, 15),
  PASSWORD_THREADS: env.count(Math.max(1, availableParallelism() - 1), 1, 64),
  PASSWORD_QUEUE: env.count(256, 1, 100_000),
  PASSWORD_MIN_LENGTH: env.count(10, 8, 64),
  ACCESS_TOKEN_TTL: env.count(600, 30, 3_600),
  SESSION_IDLE_TTL: env.count(30 * day, 60, 365 * day),
  SESSION_ABSOLUTE_TTL: env.count(90 * day, 60, 365 * day),
  API_KEY_TTL: env.count(90 * day, 60, 3_650 * day),
  API_KEY_MAX_TTL: env.count(365 * day, 60, 3_650 * day),
  REFRESH_GRACE: env.count(10, 0, 60),
  LOCKOUT_ATTEMPTS: env.count(5, 1, 100),
  LOCKOUT_SECONDS: env.count(900, 1, day),
  LOCKOUT_MAX_SECONDS: env.count(14_400, 1, 30 * day),
  BLOCK_FAILURES: env.count(100, 1, 1_000_000),
  BLOCK_ACCOUNTS: env.count(20, 1, 1_000),
  BLOCK_WINDOW: env.count(900, 1, day),
  BLOCK_SECONDS: env.count(900, 1, day),
  BLOCK_MAX_SECONDS: env.count(day, 1, 30 * day),
  GEOIP_DATABASE: env.list(),
  ADDRESS_LISTS: env.list(),
  NEVER_BLOCKED: env.addressRanges('127.0.0.0/8,::1'),
  OUTGOING_PRIVATE: z.enum(['refuse', 'allow'], { error: 'must be refuse or allow' }).default('refuse'),
  KEY_ROTATION_DAYS: env.count(90, 0, 4_000),
  KEY_PUBLISH_WAIT: env.count(3_600, 120, 30 * day),
  KEY_RETIRED_TTL: env.count(30 * day, 3_600, 400 * day),
  CLIENT_FAILURES_PER_NETWORK: env.count(100, 1, 1_000_000),
  SIGN_INS_PER_NETWORK: env.count(120, 1, 1_000_000),
  MFA_ATTEMPTS: env.count(5, 1, 100),
  MFA_ATTEMPTS_PER_NETWORK: env.count(100, 1, 1_000_000),
  MFA_CHALLENGE_TTL: env.count(600, 30, 3_600),
  MFA_CODE_TTL: env.count(600, 30, 3_600),
  MFA_MAILS_PER_ACCOUNT: env.count(10, 1, 1_000),
  /** Countries (ISO 3166-1 alpha-2) that SMS with codes go to. */
  SMS_COUNTRIES: countryList.optional(),
  SMS_PER_ACCOUNT: env.count(10, 1, 1_000),
  SMS_PER_NUMBER: env.count(10, 1, 1_000),
  SMS_PER_NETWORK: env.count(100, 1, 1_000_000),
  SMS_PER_TENANT: env.count(1_000, 1, 1_000_000),
  DEVICE_TTL: env.count(30 * day, 60, 365 * day),
  CONFIRMATION_TTL: env.count(7 * day, 60, 30 * day),
  PASSWORD_RESET_TTL: env.count(1_800, 60, day),
  MAILS_PER_NETWORK: env.count(100, 1, 100_000),
  MAILS_PER_ADDRESS: env.count(5, 1, 1_000),
  MAILS_PER_TENANT: env.count(1_000, 1, 1_000_000),
  SECURITY_EVENT_DAYS: env.count(400, 1, 4_000),
  ISSUED_TOKEN_DAYS: env.count(90, 1, 4_000),
  AUDIT_DAYS: env.count(2_555, 0, 36_500),
  AUDIT_CHECKPOINT_ENTRIES: env.count(1_000, 1, 1_000_000),
  AUDIT_CHECKPOINT_SECONDS: env.count(300, 1, day),
};

export type AuthConfig = {
  /** At least 32 characters. */
  secret: string;
  bcryptCost: number;
  passwordThreads: number;
  /** Passwords that may wait for a thread; past it OVERLOADED. */
  passwordQueue: number;
  passwordMinLength: number;
  accessTokenTtl: number;
  sessionIdleTtl: number;
  sessionAbsoluteTtl: number;
  /** How long an API key lives when nothing is said, and at most. */
  apiKeyTtl: number;
  apiKeyMaxTtl: number;
  /** How long a used refresh token is only refused, without ending the session, for who used it up. */
  refreshGrace: number;
  lockoutAttempts: number;
  /** The first lock; each one after it is twice as long, up to `lockoutMaxSeconds`, which is also how long failures count. */
  lockoutSeconds: number;
  lockoutMaxSeconds: number;
  /** A network is blocked when so many sign-ins failed over so many accounts in a window. */
  blockFailures: number;
  blockAccounts: number;
  blockWindowSeconds: number;
  /** The first such block, and the longest. */
  blockSeconds: number;
  blockMaxSeconds: number;
  /** Files that say where addresses are (.mmdb). */
  geoipDatabases: readonly string[];
  /** Files that list addresses from which sign-ins are not expected. */
  addressLists: readonly string[];
  /** Ranges that no block holds for. */
  neverBlocked: readonly string[];
  /** Days after which a signing key gets a successor; 0: never by itself. */
  keyRotationDays: number;
  /** How long a new key is published before it signs, so that nobody meets an unknown one. */
  keyPublishWait: number;
  /** How long a key that no longer signs is published: longer than anything lives that it signed. */
  keyRetiredTtl: number;
  /** Whether requests to addresses that users gave may reach private ones: for development only. */
  outgoingPrivate: boolean;
  /** Sign-ins and device codes that may be tried in a minute from one network on the pages of the provider. */
  signInsPerNetwork: number;
  /** Failed authentications as an OAuth client that one network may make in `lockoutSeconds`. */
  clientFailuresPerNetwork: number;
  /** Wrong codes of a second factor that a challenge takes, and an account before its codes are locked. */
  mfaAttempts: number;
  /** Codes that one network may try in `lockoutSeconds`. */
  mfaAttemptsPerNetwork: number;
  mfaChallengeTtl: number;
  /** Life of a mailed code. */
  mfaCodeTtl: number;
  /** Codes mailed to one account in an hour. */
  mfaMailsPerAccount: number;
  /** Countries that SMS with codes go to. */
  smsCountries: 'any' | readonly string[];
  /** SMS with codes: an account and a number, to confirm it in a day, to sign in in an hour; a network in an hour; a tenant in a day. */
  smsPerAccount: number;
  smsPerNumber: number;
  smsPerNetwork: number;
  smsPerTenant: number;
  /** How long a remembered device is not asked for a second factor. */
  deviceTtl: number;
  confirmationTtl: number;
  passwordResetTtl: number;
  /** Mails that may be asked for an hour: from one network, for one address, in a tenant. */
  mailsPerNetwork: number;
  mailsPerAddress: number;
  mailsPerTenant: number;
  securityEventDays: number;
  issuedTokenDays: number;
  /** Days that the audit log is kept; 0: for ever. */
  auditDays: number;
  /** A checkpoint is signed after so many entries, and after so long. */
  auditCheckpointEntries: number;
  auditCheckpointSeconds: number;
};

const environment = z.object({ ...authEnvironment, NODE_ENV: z.string().optional() });

/** The configuration of what the environment said; `secret` is AUTH_SECRET or one the process keeps in its data folder. */
export const authConfig = (values: z.output<typeof environment>, secret: string): AuthConfig => ({
  secret,
  bcryptCost: bcryptCost(values),
  passwordThreads: values.PASSWORD_THREADS,
  passwordQueue: values.PASSWORD_QUEUE,
  passwordMinLength: values.PASSWORD_MIN_LENGTH,
  accessTokenTtl: values.ACCESS_TOKEN_TTL,
  sessionIdleTtl: values.SESSION_IDLE_TTL,
  sessionAbsoluteTtl: values.SESSION_ABSOLUTE_TTL,
  apiKeyTtl: Math.min(values.API_KEY_TTL, values.API_KEY_MAX_TTL),
  apiKeyMaxTtl: values.API_KEY_MAX_TTL,
  refreshGrace: values.REFRESH_GRACE,
  lockoutAttempts: values.LOCKOUT_ATTEMPTS,
  lockoutSeconds: values.LOCKOUT_SECONDS,
  lockoutMaxSeconds: Math.max(values.LOCKOUT_MAX_SECONDS, values.LOCKOUT_SECONDS),
  blockFailures: values.BLOCK_FAILURES,
  blockAccounts: values.BLOCK_ACCOUNTS,
  blockWindowSeconds: values.BLOCK_WINDOW,
  blockSeconds: values.BLOCK_SECONDS,
  blockMaxSeconds: Math.max(values.BLOCK_MAX_SECONDS, values.BLOCK_SECONDS),
  geoipDatabases: values.GEOIP_DATABASE,
  addressLists: values.ADDRESS_LISTS,
  neverBlocked: values.NEVER_BLOCKED,
  keyRotationDays: values.KEY_ROTATION_DAYS,
  keyPublishWait: values.KEY_PUBLISH_WAIT,
  keyRetiredTtl: values.KEY_RETIRED_TTL,
  outgoingPrivate: outgoingPrivate(values),
  signInsPerNetwork: values.SIGN_INS_PER_NETWORK,
  clientFailuresPerNetwork: values.CLIENT_FAILURES_PER_NETWORK,
  mfaAttempts: values.MFA_ATTEMPTS,
  mfaAttemptsPerNetwork: values.MFA_ATTEMPTS_PER_NETWORK,
  mfaChallengeTtl: values.MFA_CHALLENGE_TTL,
  mfaCodeTtl: values.MFA_CODE_TTL,
  mfaMailsPerAccount: values.MFA_MAILS_PER_ACCOUNT,
  // Abroad is where the dear numbers are: in production nowhere, until somebody has said where.
  smsCountries: values.SMS_COUNTRIES ?? (values.NODE_ENV === 'production' ? [] : 'any'),
  smsPerAccount: values.SMS_PER_ACCOUNT,
  smsPerNumber: values.SMS_PER_NUMBER,
  smsPerNetwork: values.SMS_PER_NETWORK,
  smsPerTenant: values.SMS_PER_TENANT,
  deviceTtl: values.DEVICE_TTL,
  confirmationTtl: values.CONFIRMATION_TTL,
  passwordResetTtl: values.PASSWORD_RESET_TTL,
  mailsPerNetwork: values.MAILS_PER_NETWORK,
  mailsPerAddress: values.MAILS_PER_ADDRESS,
  mailsPerTenant: values.MAILS_PER_TENANT,
  securityEventDays: values.SECURITY_EVENT_DAYS,
  issuedTokenDays: values.ISSUED_TOKEN_DAYS,
  auditDays: values.AUDIT_DAYS,
  auditCheckpointEntries: values.AUDIT_CHECKPOINT_ENTRIES,
  auditCheckpointSeconds: values.AUDIT_CHECKPOINT_SECONDS,
});

/** Every default but the secret, which has none. */
export const defaultAuthConfig = (secret: string): AuthConfig => authConfig(environment.parse({}), secret);

function bcryptCost({ BCRYPT_COST: cost, NODE_ENV }: z.output<typeof environment>): number {
  if (NODE_ENV !== 'production' || cost >= 10) return cost;
  throw new StartupError('The environment is not valid:\n  BCRYPT_COST: must be at least 10 in production');
}

function outgoingPrivate({ OUTGOING_PRIVATE: choice, NODE_ENV }: z.output<typeof environment>): boolean {
  if (choice === 'refuse' || NODE_ENV !== 'production') return choice === 'allow';
  throw new StartupError('The environment is not valid:\n  OUTGOING_PRIVATE: must be refuse in production');
}
