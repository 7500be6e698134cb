import { createTenantCache } from '@gatehouse/identity';
import type { AuthConfig } from '../config.ts';
import type { AuthDeps } from '../deps.ts';
import { findLoginPolicy } from '../queries/login-policies.ts';
import { findMfaPolicies } from '../queries/mfa-policies.ts';
import type { LoginPolicyRow } from '../tables/login-policy.ts';

/** How people sign in to a tenant: what it says, within what the installation allows. Times in seconds. */
export type LoginPolicy = {
  selfRegistration: boolean;
  passwordSignIn: boolean;
  rememberedDevices: boolean;
  sessionIdleSeconds: number;
  sessionAbsoluteSeconds: number;
  maxSessions: number | null;
  passwordMinLength: number;
  passwordHistory: number;
  /** Null: passwords do not age. */
  passwordMaxAgeDays: number | null;
  refuseCommonPasswords: boolean;
  breachedPasswordsUrl: string | null;
};

/** With what a request has to know besides, of other settings. */
export type TenantPolicy = LoginPolicy & {
  /** Whether anybody of the tenant has to have a second factor. */
  secondFactorRequired: boolean;
};

type Limits = Pick<AuthConfig, 'sessionIdleTtl' | 'sessionAbsoluteTtl' | 'passwordMinLength'>;

/** The stricter of what the tenant says and the installation has now: the installation's limits may have been tightened since. */
export function loginPolicyOf(config: Limits, row: LoginPolicyRow | undefined): LoginPolicy {
  const { sessionIdleTtl, sessionAbsoluteTtl, passwordMinLength } = config;
  return {
    selfRegistration: row?.selfRegistration ?? true,
    passwordSignIn: row?.passwordSignIn ?? true,
    rememberedDevices: row?.rememberedDevices ?? true,
    sessionIdleSeconds: Math.min(row?.sessionIdleSeconds ?? sessionIdleTtl, sessionIdleTtl),
    sessionAbsoluteSeconds: Math.min(row?.sessionAbsoluteSeconds ?? sessionAbsoluteTtl, sessionAbsoluteTtl),
    maxSessions: row?.maxSessions ?? null,
    passwordMinLength: Math.max(row?.passwordMinLength ?? passwordMinLength, passwordMinLength),
    passwordHistory: row?.passwordHistory ?? 0,
    passwordMaxAgeDays: row?.passwordMaxAgeDays ?? null,
    refuseCommonPasswords: row?.refuseCommonPasswords ?? true,
    breachedPasswordsUrl: row?.breachedPasswordsUrl ?? null,
  };
}

/** The policies of tenants, kept until a tenant changes. */
export function openPolicies({ database, config }: Pick<AuthDeps, 'database' | 'config'>) {
  const policies = createTenantCache<TenantPolicy>(async (tenantId) => ({
    ...loginPolicyOf(config, await findLoginPolicy(database.db, tenantId)),
    secondFactorRequired: (await findMfaPolicies(database.db, tenantId)).some(
      ({ requirement }) => requirement === 'REQUIRED',
    ),
  }));
  return {
    of: async (tenantId: string): Promise<TenantPolicy> => (await policies.find(tenantId)) as TenantPolicy,
    follow: policies.follow,
  };
}

export type Policies = ReturnType<typeof openPolicies>;
