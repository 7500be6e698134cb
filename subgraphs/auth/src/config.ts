import { availableParallelism } from 'node:os';
import { env, StartupError } from '@gatehouse/service-kit';
import { z } from 'zod';

const day = 86_400;

/** What the auth subgraph reads from the environment; processes merge it into theirs. Times in seconds. */
export const authEnvironment = {
  /** Encrypts signing keys at rest and derives codes. 32 characters or more; changing it makes stored keys unreadable. */
  AUTH_SECRET: z.string().min(32, { error: 'must have at least 32 characters' }).optional(),
  /** Below 10 only outside production: for tests. */
  BCRYPT_COST: env.count(12, 4, 15),
  PASSWORD_THREADS: env.count(Math.max(1, availableParallelism() - 1), 1, 64),
  PASSWORD_QUEUE: env.count(256, 1, 100_000),
  PASSWORD_MIN_LENGTH: env.count(10, 8, 64),
  ACCESS_TOKEN_TTL: env.count(600, 30, 3_600),
  SESSION_IDLE_TTL: env.count(30 * day, 60, 365 * day),
  SESSION_ABSOLUTE_TTL: env.count(90 * day, 60, 365 * day),
  REFRESH_GRACE: env.count(10, 0, 60),
  LOCKOUT_ATTEMPTS: env.count(5, 1, 100),
  LOCKOUT_SECONDS: env.count(900, 1, day),
  CONFIRMATION_TTL: env.count(7 * day, 60, 30 * day),
  PASSWORD_RESET_TTL: env.count(1_800, 60, day),
  MAILS_PER_NETWORK: env.count(100, 1, 100_000),
  MAILS_PER_ADDRESS: env.count(5, 1, 1_000),
  MAILS_PER_TENANT: env.count(1_000, 1, 1_000_000),
  SECURITY_EVENT_DAYS: env.count(400, 1, 4_000),
  ISSUED_TOKEN_DAYS: env.count(90, 1, 4_000),
  WEBHOOKS_INSECURE: env.flag(false),
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
  /** How long a used refresh token is only refused, without ending the session, for who used it up. */
  refreshGrace: number;
  lockoutAttempts: number;
  lockoutSeconds: number;
  confirmationTtl: number;
  passwordResetTtl: number;
  /** Mails that may be asked for an hour: from one network, for one address, in a tenant. */
  mailsPerNetwork: number;
  mailsPerAddress: number;
  mailsPerTenant: number;
  securityEventDays: number;
  issuedTokenDays: number;
  /** Lets webhooks be http and private: for development and tests. */
  webhooksInsecure: boolean;
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
  refreshGrace: values.REFRESH_GRACE,
  lockoutAttempts: values.LOCKOUT_ATTEMPTS,
  lockoutSeconds: values.LOCKOUT_SECONDS,
  confirmationTtl: values.CONFIRMATION_TTL,
  passwordResetTtl: values.PASSWORD_RESET_TTL,
  mailsPerNetwork: values.MAILS_PER_NETWORK,
  mailsPerAddress: values.MAILS_PER_ADDRESS,
  mailsPerTenant: values.MAILS_PER_TENANT,
  securityEventDays: values.SECURITY_EVENT_DAYS,
  issuedTokenDays: values.ISSUED_TOKEN_DAYS,
  webhooksInsecure: webhooksInsecure(values),
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

function webhooksInsecure({ WEBHOOKS_INSECURE: insecure, NODE_ENV }: z.output<typeof environment>): boolean {
  if (NODE_ENV !== 'production' || !insecure) return insecure;
  throw new StartupError('The environment is not valid:\n  WEBHOOKS_INSECURE: must be false in production');
}
