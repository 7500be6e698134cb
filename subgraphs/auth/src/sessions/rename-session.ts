import type { UserPrincipal } from '@gatehouse/identity';
import { GatehouseError, readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import { nameSession } from '../queries/sessions.ts';
import type { Services } from '../services.ts';
import type { SessionRow } from '../tables/session.ts';
import { deviceName } from './device-name.ts';

const input = z.object({ sessionId: z.uuid(), name: deviceName });

/** Gives the device of an own session another name, or its own one back. NOT_FOUND, BAD_USER_INPUT. */
export async function renameSession(
  services: Services,
  request: unknown,
  { tenantId, userId }: UserPrincipal,
): Promise<{ session: SessionRow }> {
  const { sessionId, name } = readInput(input, request);
  const session = await nameSession(services.database.db, { tenantId, userId, sessionId, name });
  if (!session) throw new GatehouseError('NOT_FOUND', 'There is no such session.');
  return { session };
}
