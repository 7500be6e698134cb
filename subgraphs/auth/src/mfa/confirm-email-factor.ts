import type { UserPrincipal } from '@gatehouse/identity';
import { readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import type { Services } from '../services.ts';
import type { ConfirmedFactor } from './activate-factor.ts';
import { codeInput, mailedCodeHash } from './codes.ts';
import { confirmCodeFactor } from './confirm-code-factor.ts';

const input = z.object({ code: codeInput });

/** Has e-mail count as a second factor, once the mailed code has come back. INVALID_CODE; STEP_UP_REQUIRED. */
export async function confirmEmailFactor(
  services: Services,
  request: unknown,
  principal: UserPrincipal,
  client: ClientInfo,
): Promise<ConfirmedFactor> {
  const { code } = readInput(input, request);
  const codeHash = mailedCodeHash(services.config, principal.userId, code);
  return confirmCodeFactor(services, { kind: 'email', codeHash }, principal, client);
}
