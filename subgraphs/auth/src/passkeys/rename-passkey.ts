import { auditActorOf, type UserPrincipal } from '@gatehouse/identity';
import { GatehouseError, readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { auditEntryFrom } from '../audit/audit-entry.ts';
import { nameField } from '../fields.ts';
import { originOf } from '../origin.ts';
import { findFactor } from '../queries/mfa-factors.ts';
import { renamePasskeyOf } from '../queries/passkeys.ts';
import type { Services } from '../services.ts';
import type { MfaFactor } from '../tables/mfa-factor.ts';
import { inUnitOfWork } from '../unit-of-work.ts';

const input = z.object({ factorId: z.uuid(), name: nameField });

/** Calls a passkey of the caller something else. NOT_FOUND. */
export async function renamePasskey(
  services: Services,
  request: unknown,
  principal: UserPrincipal,
  client: ClientInfo,
): Promise<{ factor: MfaFactor }> {
  const { factorId, name } = readInput(input, request);
  const { tenantId, userId, sessionId } = principal;
  return inUnitOfWork(services, async (unit) => {
    const owner = { tenantId, userId };
    const renamed = await renamePasskeyOf(unit.tx, owner, factorId, name);
    const factor = renamed ? await findFactor(unit.tx, owner, factorId) : undefined;
    if (!factor) throw new GatehouseError('NOT_FOUND', 'There is no such passkey.');
    unit.audit(
      auditEntryFrom({
        tenantId,
        action: 'renamePasskey',
        result: 'SUCCESS',
        errorCode: null,
        actor: auditActorOf(principal),
        on: { type: 'factor', id: factorId },
        sessionId,
        ...originOf(client),
        details: {},
      }),
    );
    return { factor };
  });
}
