import { readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { invalidCode } from '../codes/one-time-code.ts';
import { originOf } from '../origin.ts';
import { lockCredential } from '../queries/credentials.ts';
import { judgeSignIn } from '../risk/judge-sign-in.ts';
import type { Risk } from '../risk/risk.ts';
import type { Services } from '../services.ts';
import { openSession, type TokenSet } from '../sessions/open-session.ts';
import { activeIn, findSubject, type Subject } from '../subject.ts';
import type { Tenant } from '../tenants.ts';
import { inUnitOfWork, type UnitOfWork } from '../unit-of-work.ts';
import { type Binding, toSignIn } from './challenge.ts';
import { type AssertionResponse, assertionInput } from './response-input.ts';
import { amrOf, useAssertion, verifyAssertion } from './verify-assertion.ts';

const input = z.object({ challengeId: z.string().max(512), passkey: assertionInput });

/**
 * Signs in with a passkey alone: it is something that somebody has, and has verified them, so no second factor is asked
 * for. INVALID_CODE, for every reason alike; INVALID_CREDENTIALS when the risk refuses it.
 */
export async function signInWithPasskey(
  services: Services,
  request: unknown,
  client: ClientInfo,
): Promise<TokenSet> {
  const { challengeId, passkey } = readInput(input, request);
  const tenant = await services.tenants.ofHost(client.host);
  services.addressBlocks.refuse(tenant.id, client.ipAddress);
  const issuer = await services.issuers.of(tenant);
  const binding = toSignIn(tenant.id, { secret: challengeId });
  return acceptPasskey(services, tenant, binding, { passkey, client }, (unit, login) =>
    openSession(unit, { ...login, issuer, client }),
  );
}

/** Runs `accepted` for whoever a passkey has signed for, in the transaction that takes it as good. INVALID_CODE, INVALID_CREDENTIALS. */
export async function acceptPasskey<T>(
  services: Services,
  tenant: Tenant,
  binding: Binding,
  { passkey, client }: { passkey: AssertionResponse; client: ClientInfo },
  accepted: (unit: UnitOfWork, login: { subject: Subject; amr: string[]; risk: Risk }) => Promise<T>,
): Promise<T> {
  const assertion = await verifyAssertion(services, tenant, binding, { response: passkey });
  if (!assertion) throw invalidCode();
  const { tenantId, userId } = assertion.passkey;
  const subject = activeIn(tenantId, await findSubject(services, userId));
  if (!subject) throw invalidCode();
  const outcome = await inUnitOfWork(services, async (unit) => {
    await lockCredential(unit.tx, [tenantId, userId]);
    if (!(await useAssertion(unit, assertion, originOf(client)))) return undefined;
    const amr = amrOf(assertion.passkey);
    const risk = await judgeSignIn(services, unit, { subject, amr, client });
    return { value: await accepted(unit, { subject, amr, risk }) };
  });
  if (!outcome) throw invalidCode();
  return outcome.value;
}
