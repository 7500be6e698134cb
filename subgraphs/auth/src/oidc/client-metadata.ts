import { timingSafeEqual } from 'node:crypto';
import type { AdapterPayload, Client, ClientMetadata, Provider } from 'oidc-provider';
import type { OauthClient } from '../tables/oauth-client.ts';
import { sha256 } from './secrets.ts';

/** The built-in client that people sign in with through GraphQL: public, first-party, in every tenant. */
export const firstPartyClientId = 'gatehouse';
export const sessionGrant = 'urn:gatehouse:params:oauth:grant-type:session';

/** Metadata of ours beside the registered ones. */
export const permissionsMetadata = 'permissions';

export const firstPartyClient: ClientMetadata = {
  client_id: firstPartyClientId,
  application_type: 'native',
  token_endpoint_auth_method: 'none',
  grant_types: ['refresh_token', sessionGrant],
  response_types: [],
  redirect_uris: [],
};

export const clientMetadata = (client: OauthClient): AdapterPayload => ({
  client_id: client.id,
  client_name: client.name,
  // The hash: compareClientSecret below knows.
  client_secret: client.secretHash,
  grant_types: ['client_credentials'],
  response_types: [],
  redirect_uris: [],
  [permissionsMetadata]: client.scopes,
});

export const permissionsOf = (client: Client): string[] => {
  const permissions = client[permissionsMetadata];
  return Array.isArray(permissions) ? permissions.map(String) : [];
};

/** Secrets are stored hashed: the hash of what is presented is compared. */
export function compareHashedSecrets(provider: Provider): void {
  provider.Client.prototype.compareClientSecret = function (this: Client, presented: string) {
    const expected = Buffer.from(this.clientSecret ?? '');
    const actual = Buffer.from(sha256(presented));
    return expected.length === actual.length && timingSafeEqual(expected, actual);
  } as Client['compareClientSecret'];
}
