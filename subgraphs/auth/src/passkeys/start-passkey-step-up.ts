import type { UserPrincipal } from '@gatehouse/identity';
import { GatehouseError } from '@gatehouse/service-kit';
import { subjectOf } from '../mfa/subject-of.ts';
import { findPasskeysOf } from '../queries/passkeys.ts';
import type { Services } from '../services.ts';
import { toStepUp } from './challenge.ts';
import { type RequestOptions, requestOptions } from './request-options.ts';

/** What a browser needs to authenticate the caller again, for `stepUp`. CONFLICT when the account has no passkey. */
export async function startPasskeyStepUp(
  services: Services,
  principal: UserPrincipal,
): Promise<{ options: RequestOptions; expiresAt: Date }> {
  const { tenantId, userId, sessionId } = principal;
  const subject = await subjectOf(services, principal);
  if ((await findPasskeysOf(services.database.db, subject)).length === 0) {
    throw new GatehouseError('CONFLICT', 'This account has no passkey.');
  }
  return requestOptions(services, subject, toStepUp(tenantId, sessionId), userId);
}
