import { announceTenantChange, hasPermission, type Principal } from '@gatehouse/identity';
import { badInput, GatehouseError, readInput } from '@gatehouse/service-kit';
import { problemOfUrl } from '@gatehouse/service-kit/outgoing';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { requireRecentSession } from '../mfa/require-recent-session.ts';
import { originOf } from '../origin.ts';
import { changeLoginPolicy } from '../queries/login-policies.ts';
import { shortenSessions } from '../queries/sessions.ts';
import type { Services } from '../services.ts';
import { findTenant } from '../tenants.ts';
import { inUnitOfWork } from '../unit-of-work.ts';
import { type LoginPolicy, loginPolicyOf } from './login-policy.ts';

/** A session's last sign of life is known to some minutes: a shorter limit would end sessions in use. */
const shortestSession = 900;
const longestHistory = 10;
/** Days. */
const longestAge = 3_650;
const maxPasswordLength = 64;

const input = z.object({
  tenantId: z.uuid().nullish(),
  selfRegistration: z.boolean().nullish(),
  passwordSignIn: z.boolean().nullish(),
  rememberedDevices: z.boolean().nullish(),
  sessionIdleSeconds: z.int().min(shortestSession, `must be at least ${shortestSession}`).nullish(),
  sessionAbsoluteSeconds: z.int().min(shortestSession, `must be at least ${shortestSession}`).nullish(),
  maxSessions: z.int().min(1, 'must be at least 1').max(1_000, 'must be at most 1000').nullish(),
  passwordMinLength: z.int().min(1).max(maxPasswordLength, `must be at most ${maxPasswordLength}`).nullish(),
  passwordHistory: z.int().min(0).max(longestHistory, `must be at most ${longestHistory}`).nullish(),
  passwordMaxAgeDays: z
    .int()
    .min(1, 'must be at least 1')
    .max(longestAge, `must be at most ${longestAge}`)
    .nullish(),
  refuseCommonPasswords: z.boolean().nullish(),
  breachedPasswordsUrl: z.string().max(500, 'is too long').nullish(),
});

/**
 * Changes how people sign in to the caller's tenant, or to another for administrators of the installation. Sessions that are
 * open follow their new limits. FORBIDDEN, STEP_UP_REQUIRED; BAD_USER_INPUT, for what is looser than the installation too.
 */
export async function setLoginPolicy(
  services: Services,
  request: unknown,
  principal: Principal,
  client: ClientInfo,
): Promise<{ policy: LoginPolicy }> {
  const { tenantId: asked, ...change } = readInput(input, request);
  const tenantId = asked ?? principal.tenantId;
  await requireAuthority(services, principal, tenantId);
  await requireRecentSession(services, principal);
  requireWithinLimits(services, change);

  return inUnitOfWork(services, async (unit) => {
    const policy = loginPolicyOf(services.config, await changeLoginPolicy(unit.tx, tenantId, change));
    await shortenSessions(unit.tx, [tenantId, policy.sessionAbsoluteSeconds]);
    unit.securityEvent({
      tenantId,
      by: principal,
      type: 'LOGIN_POLICY_CHANGED',
      userId: principal.kind === 'user' && principal.tenantId === tenantId ? principal.userId : null,
      origin: originOf(client),
      details: { ...change },
    });
    // Announced again by the user subgraph, should this process die before it does.
    await unit.event('tenant.changed', tenantId, tenantId, {});
    unit.afterCommit(() => announceTenantChange(services.pubSub, { tenantId }));
    return { policy };
  });
}

/** The own tenant needs tenant-settings:write; another one, being of the default tenant, whose tenants:write is about all. */
async function requireAuthority(services: Services, principal: Principal, tenantId: string): Promise<void> {
  if (tenantId === principal.tenantId && hasPermission(principal, 'tenant-settings:write')) return;
  const home = hasPermission(principal, 'tenants:write')
    ? await findTenant(services, principal.tenantId)
    : undefined;
  if (home?.slug !== 'default') throw new GatehouseError('FORBIDDEN', 'You may not change this tenant.');
  if (await findTenant(services, tenantId)) return;
  throw new GatehouseError('NOT_FOUND', 'There is no such tenant.');
}

function requireWithinLimits(
  { config }: Services,
  change: {
    sessionIdleSeconds?: number | null | undefined;
    sessionAbsoluteSeconds?: number | null | undefined;
    passwordMinLength?: number | null | undefined;
    breachedPasswordsUrl?: string | null | undefined;
  },
): void {
  const { sessionIdleTtl, sessionAbsoluteTtl, passwordMinLength, outgoingPrivate } = config;
  const looser = (path: string, limit: number, word: 'least' | 'most') =>
    badInput({ path, message: `must be at ${word} ${limit}, as in the installation` });
  if ((change.sessionIdleSeconds ?? 0) > sessionIdleTtl)
    throw looser('sessionIdleSeconds', sessionIdleTtl, 'most');
  if ((change.sessionAbsoluteSeconds ?? 0) > sessionAbsoluteTtl)
    throw looser('sessionAbsoluteSeconds', sessionAbsoluteTtl, 'most');
  if ((change.passwordMinLength ?? passwordMinLength) < passwordMinLength)
    throw looser('passwordMinLength', passwordMinLength, 'least');
  const { breachedPasswordsUrl: url } = change;
  const problem = url ? problemOfUrl(url, { allowPrivate: outgoingPrivate }) : null;
  if (problem) throw badInput({ path: 'breachedPasswordsUrl', message: problem });
}
