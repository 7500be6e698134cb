import type { Issuer } from '../oidc/issuers.ts';
import { scopesOf } from '../oidc/scopes.ts';
import type { Interaction } from './open-interaction.ts';

/** The scopes that the client of an interaction asks for and may have. */
export async function requestedScopes({ provider }: Issuer, { params }: Interaction): Promise<string[]> {
  const client = await provider.Client.find(String(params.client_id));
  const requested = String(params.scope ?? '').split(' ');
  return scopesOf(client).filter((scope) => requested.includes(scope));
}
