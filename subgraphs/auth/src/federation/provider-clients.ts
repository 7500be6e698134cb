import { LRUCache } from 'lru-cache';
import * as openid from 'openid-client';
import type { AuthConfig } from '../config.ts';
import { decryptAtRest, encryptAtRest } from '../oidc/encrypt-at-rest.ts';
import { outgoingFetch } from '../oidc/outgoing-fetch.ts';
import type { Services } from '../services.ts';
import type { IdentityProvider } from '../tables/identity-provider.ts';
import { endpointsOf, traits } from './kinds.ts';

const purpose = 'secrets of identity providers';

export const keepSecret = ({ secret }: Pick<AuthConfig, 'secret'>, text: string): Promise<string> =>
  encryptAtRest(secret, purpose, text);
export const readSecret = ({ secret }: Pick<AuthConfig, 'secret'>, jwe: string): Promise<string> =>
  decryptAtRest(secret, purpose, jwe);

const idTokenPurpose = 'ID tokens of identity providers';

export const keepIdToken = ({ secret }: Pick<AuthConfig, 'secret'>, text: string): Promise<string> =>
  encryptAtRest(secret, idTokenPurpose, text);
export const readIdToken = ({ secret }: Pick<AuthConfig, 'secret'>, jwe: string): Promise<string> =>
  decryptAtRest(secret, idTokenPurpose, jwe);

/** Discovery is repeated after this; keys are asked for again by openid-client itself. */
const lifeMs = 600_000;
const timeoutSeconds = 10;

/**
 * The providers as openid-client knows them: their endpoints, keys and our credentials there. Every request it makes goes
 * through the one door for outgoing requests. A change of the provider makes another client.
 */
export function openProviderClients({ config, outgoing }: Pick<Services, 'config' | 'outgoing'>) {
  const clients = new LRUCache<string, Promise<openid.Configuration>>({ max: 1_000, ttl: lifeMs });
  const fetch = outgoingFetch(outgoing) as unknown as openid.CustomFetch;
  const execute = [
    // The ID token is verified by its signature, whichever way it came.
    openid.enableNonRepudiationChecks,
    ...(config.outgoingPrivate ? [openid.allowInsecureRequests] : []),
  ];

  async function authenticationOf(provider: IdentityProvider): Promise<openid.ClientAuth | undefined> {
    if (!provider.secretJwe) return openid.None();
    const secret = await readSecret(config, provider.secretJwe);
    const { authMethod } = traits[provider.kind];
    if (authMethod) {
      return authMethod === 'post' ? openid.ClientSecretPost(secret) : openid.ClientSecretBasic(secret);
    }
    return (as, client, body, headers) => {
      const known = as.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
      const method = known.includes('client_secret_basic')
        ? openid.ClientSecretBasic(secret)
        : openid.ClientSecretPost(secret);
      return method(as, client, body, headers);
    };
  }

  async function open(provider: IdentityProvider): Promise<openid.Configuration> {
    const { clientId, kind } = provider;
    const authentication = await authenticationOf(provider);
    if (kind === 'GITHUB' || kind === 'X') {
      const { authorize, token } = endpointsOf(kind, provider.issuer);
      const server = {
        issuer: provider.issuer ?? traits[kind].issuer ?? '',
        authorization_endpoint: authorize,
        token_endpoint: token,
      };
      const client = new openid.Configuration(server, clientId, {}, authentication);
      client[openid.customFetch] = fetch;
      client.timeout = timeoutSeconds;
      if (config.outgoingPrivate) openid.allowInsecureRequests(client);
      return client;
    }
    const issuer = new URL(provider.issuer ?? traits[kind].issuer ?? '');
    return openid.discovery(issuer, clientId, {}, authentication, {
      execute,
      timeout: timeoutSeconds,
      [openid.customFetch]: fetch,
    });
  }

  const keyOf = ({ id, updatedAt }: IdentityProvider) => `${id} ${updatedAt.getTime()}`;

  return {
    /** The client of a provider; what discovery throws when it does not answer, or as somebody else. */
    of(provider: IdentityProvider): Promise<openid.Configuration> {
      const key = keyOf(provider);
      const known = clients.get(key);
      if (known) return known;
      const opened = open(provider);
      clients.set(key, opened);
      opened.catch(() => {
        if (clients.get(key) === opened) clients.delete(key);
      });
      return opened;
    },
    /** The next one is found out anew. */
    forget: (provider: IdentityProvider): void => void clients.delete(keyOf(provider)),
  };
}

export type ProviderClients = ReturnType<typeof openProviderClients>;
