import { timingSafeEqual } from 'node:crypto';
import { firstPartyClientId } from '@gatehouse/identity';
import type { AdapterPayload, Client, ClientMetadata, Provider } from 'oidc-provider';
import type { OauthClient } from '../tables/oauth-client.ts';
import { sha256 } from './secrets.ts';

export const sessionGrant = 'urn:gatehouse:params:oauth:grant-type:session';

/** Metadata of ours beside the registered ones. */
const permissionsMetadata = 'permissions';
const firstPartyMetadata = 'first_party';
export const ownMetadata = [permissionsMetadata, firstPartyMetadata];

/** The built-in client that people sign in with through GraphQL: public, first-party, in every tenant. */
export const firstPartyClient: ClientMetadata = {
  client_id: firstPartyClientId,
  application_type: 'native',
  token_endpoint_auth_method: 'none',
  grant_types: ['refresh_token', sessionGrant],
  response_types: [],
  redirect_uris: [],
  [firstPartyMetadata]: true,
};

/** Loopback redirects mean an app on the person's machine, whose port is not known before (RFC 8252 §7.3). */
const isNative = ({ redirectUris }: OauthClient): boolean =>
  redirectUris.some((uri) => uri.startsWith('http:'));

export function clientMetadata(client: OauthClient): AdapterPayload {
  const signsPeopleIn = client.grantTypes.includes('authorization_code');
  return {
    client_id: client.id,
    client_name: client.name,
    application_type: isNative(client) ? 'native' : 'web',
    // The hash: compareClientSecret below knows.
    ...(client.secretHash !== null && { client_secret: client.secretHash }),
    token_endpoint_auth_method: client.authMethod,
    ...(client.jwks && { jwks: client.jwks }),
    grant_types: [...client.grantTypes],
    response_types: signsPeopleIn ? ['code'] : [],
    ...(signsPeopleIn && { response_modes: ['query'] }),
    redirect_uris: client.redirectUris,
    post_logout_redirect_uris: client.postLogoutRedirectUris,
    ...(client.backchannelLogoutUri && {
      backchannel_logout_uri: client.backchannelLogoutUri,
      backchannel_logout_session_required: true,
    }),
    dpop_bound_access_tokens: client.dpopBound,
    [permissionsMetadata]: client.scopes,
    [firstPartyMetadata]: client.firstParty,
  };
}

export const permissionsOf = (client: Client): string[] => {
  const permissions = client[permissionsMetadata];
  return Array.isArray(permissions) ? permissions.map(String) : [];
};

export const isFirstParty = (client: Client): boolean => client[firstPartyMetadata] === true;

/** Secrets are stored hashed: the hash of what is presented is compared. */
export function compareHashedSecrets(provider: Provider): void {
  provider.Client.prototype.compareClientSecret = function (this: Client, presented: string) {
    const expected = Buffer.from(this.clientSecret ?? '');
    const actual = Buffer.from(sha256(presented));
    return expected.length === actual.length && timingSafeEqual(expected, actual);
  } as Client['compareClientSecret'];
}
