import { env } from '@gatehouse/service-kit';

export type UserConfig = {
  /** Life of the mailed confirmation code, as the answer states it. Seconds. */
  confirmationLifetime: number;
  retentionDays: number;
  /** How often deleted accounts whose retention has ended are erased. Milliseconds. */
  housekeepingMs: number;
};

export const defaultUserConfig: UserConfig = {
  confirmationLifetime: 7 * 86_400,
  retentionDays: 30,
  housekeepingMs: 3_600_000,
};

/** Environment variables of this subgraph. */
export const userEnvironment = {
  /** Days until a deleted account is erased, unless the deletion says otherwise. */
  USER_RETENTION_DAYS: env.count(defaultUserConfig.retentionDays, 0, 3_650),
};

/** The configuration that an environment describes. */
export const userConfigOf = (values: { USER_RETENTION_DAYS: number }): UserConfig => ({
  ...defaultUserConfig,
  retentionDays: values.USER_RETENTION_DAYS,
});
