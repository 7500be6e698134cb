import type { UserPrincipal } from '@gatehouse/identity';
import { readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import type { Services } from '../services.ts';
import type { ConfirmedFactor } from './activate-factor.ts';
import { codeInput, textedCodeHash } from './codes.ts';
import { confirmCodeFactor } from './confirm-code-factor.ts';

const input = z.object({ code: codeInput });

/** Has SMS count as a second factor, once the texted code has come back. INVALID_CODE; STEP_UP_REQUIRED. */
export async function confirmSmsFactor(
  services: Services,
  request: unknown,
  principal: UserPrincipal,
  client: ClientInfo,
): Promise<ConfirmedFactor> {
  const { code } = readInput(input, request);
  const codeHash = textedCodeHash(services.config, principal.userId, code);
  return confirmCodeFactor(services, { kind: 'sms', codeHash }, principal, client);
}
