import { readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { FindLoginDocument } from '../generated/calls.ts';
import { checkPassword } from './check-password.ts';
import { originOf } from './origin.ts';
import type { Services } from './services.ts';
import { openSession, type TokenSet } from './sessions/open-session.ts';

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
});

/**
 * Signs in with e-mail address or username. INVALID_CREDENTIALS, in the same time, for an unknown account, a wrong
 * password, and one that is pending, disabled or locked.
 */
export async function login(services: Services, request: unknown, client: ClientInfo): Promise<TokenSet> {
  const { identifier, password } = readInput(loginInput, request);
  const tenant = await services.tenants.ofHost(client.host);
  // Before the transaction: who holds a connection must not wait for another.
  const issuer = await services.issuers.of(tenant);
  const { findLogin: subject } = await services.call('user', FindLoginDocument, {
    tenantId: tenant.id,
    identifier,
  });
  return checkPassword(
    services,
    { tenantId: tenant.id, subject: subject ?? undefined, password, origin: originOf(client) },
    (unit) => {
      if (!subject) throw new Error('a password was accepted for nobody');
      return openSession(unit, { issuer, subject, amr: ['pwd'], client });
    },
  );
}
