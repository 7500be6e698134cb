import type { IncomingMessage, ServerResponse } from 'node:http';
import { GatehouseError } from '@gatehouse/service-kit';
import { errors, type Provider } from 'oidc-provider';
import type { Issuer } from '../oidc/issuers.ts';

export type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;

/**
 * The interaction that the cookie of this browser names, when it is the one of the path; undefined else: whoever only
 * knows the path has no part in it.
 */
export async function openInteraction(
  { provider }: Issuer,
  exchange: { req: IncomingMessage; res: ServerResponse },
  uid: string,
): Promise<Interaction | undefined> {
  try {
    const interaction = await provider.interactionDetails(exchange.req, exchange.res);
    return interaction.uid === uid ? interaction : undefined;
  } catch (error) {
    if (error instanceof errors.SessionNotFound) return undefined;
    throw error;
  }
}

/** CONFLICT when the interaction is about something else. */
export function requirePrompt({ prompt }: Interaction, name: 'login' | 'consent'): void {
  if (prompt.name === name) return;
  throw new GatehouseError('CONFLICT', `This interaction does not ask for a ${name}.`);
}
