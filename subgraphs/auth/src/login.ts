import { readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { FindLoginDocument } from '../generated/calls.ts';
import { checkPassword } from './check-password.ts';
import { originOf } from './origin.ts';
import { askForNewPassword, type PasswordExpired } from './passwords/password-expired.ts';
import { requirePasswordSignIn } from './policies/require-password-sign-in.ts';
import type { Services } from './services.ts';
import { type LoginResult, signIn } from './sessions/sign-in.ts';

/** Longer than any password that is accepted, short enough to hash without harm. */
export const passwordInput = z.string().min(1).max(512);

export const loginInput = z.object({
  identifier: z
    .string()
    .trim()
    .min(1)
    .max(320)
    .refine((text) => !text.includes('\0'), 'must not contain NUL'),
  password: passwordInput,
  deviceToken: z.string().max(512).nullish(),
});

/**
 * Signs in with e-mail address or username. INVALID_CREDENTIALS, in the same time, for an unknown account, a wrong
 * password, and one that is pending, disabled or locked. An account with a second factor is asked for it, one with an
 * old password for a new one.
 */
export async function login(
  services: Services,
  request: unknown,
  client: ClientInfo,
): Promise<LoginResult | PasswordExpired> {
  const { identifier, password, deviceToken } = readInput(loginInput, request);
  const tenant = await services.tenants.ofHost(client.host);
  services.addressBlocks.refuse(tenant.id, client.ipAddress);
  // Before the transaction: who holds a connection must not wait for another.
  const issuer = await services.issuers.of(tenant);
  requirePasswordSignIn(issuer.tenant.policy);
  const { findLogin: subject } = await services.call('user', FindLoginDocument, {
    tenantId: tenant.id,
    identifier,
  });
  return checkPassword(
    services,
    {
      tenantId: tenant.id,
      subject: subject ?? undefined,
      identifier,
      password,
      origin: originOf(client),
      deviceToken: deviceToken ?? undefined,
    },
    async (unit, _passwordHash, failures) => {
      if (!subject) throw new Error('a password was accepted for nobody');
      const expired = await askForNewPassword(services, unit, issuer.tenant.policy, { subject, client });
      if (expired) return expired;
      return signIn(services, unit, {
        issuer,
        subject,
        amr: ['pwd'],
        client,
        deviceToken: deviceToken ?? undefined,
        failures,
      });
    },
  );
}
