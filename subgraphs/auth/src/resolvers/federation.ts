import { requirePrincipal, requireUser } from '@gatehouse/identity';
import type {
  IdentityProviderResolvers,
  LinkedAccountResolvers,
  MutationResolvers,
  SignInProviderResolvers,
} from '../../generated/resolvers.ts';
import { checkIdentityProvider } from '../federation/check-identity-provider.ts';
import { completeExternalLogin } from '../federation/complete-external-login.ts';
import { confirmSignUp } from '../federation/confirm-sign-up.ts';
import { createIdentityProvider } from '../federation/create-identity-provider.ts';
import { deleteIdentityProvider } from '../federation/delete-identity-provider.ts';
import { traits } from '../federation/kinds.ts';
import { linkAccount } from '../federation/link-account.ts';
import { loginWithProvider } from '../federation/login-with-provider.ts';
import { loginWithTelegram } from '../federation/login-with-telegram.ts';
import { requestSignUpCode } from '../federation/request-sign-up-code.ts';
import { redirectUriOf } from '../federation/start-external-login.ts';
import { unlinkAccount } from '../federation/unlink-account.ts';
import { updateIdentityProvider } from '../federation/update-identity-provider.ts';
import type { ProviderHealthRow } from '../tables/identity-provider.ts';
import { loginResult } from './login-result.ts';

export const federationMutations: MutationResolvers = {
  createIdentityProvider: (_, { input }, { services, caller }) =>
    createIdentityProvider(services, input, requirePrincipal(caller), caller.client),
  updateIdentityProvider: (_, { input }, { services, caller }) =>
    updateIdentityProvider(services, input, requirePrincipal(caller), caller.client),
  deleteIdentityProvider: (_, { input }, { services, caller }) =>
    deleteIdentityProvider(services, input, requirePrincipal(caller), caller.client),
  checkIdentityProvider: (_, { input }, { services, caller }) =>
    checkIdentityProvider(services, input, requirePrincipal(caller)),
  completeExternalLogin: async (_, { input }, { services, caller }) =>
    loginResult(await completeExternalLogin(services, input, caller.client)),
  loginWithProvider: async (_, { input }, { services, caller }) =>
    loginResult(await loginWithProvider(services, input, caller.client)),
  loginWithTelegram: async (_, { input }, { services, caller }) =>
    loginResult(await loginWithTelegram(services, input, caller.client)),
  requestSignUpCode: (_, { input }, { services, caller }) =>
    requestSignUpCode(services, input, caller.client),
  confirmSignUp: async (_, { input }, { services, caller }) =>
    loginResult(await confirmSignUp(services, input, caller.client)),
  linkAccount: (_, { input }, { services, caller }) =>
    linkAccount(services, input, requireUser(caller), caller.client),
  unlinkAccount: (_, { input }, { services, caller }) =>
    unlinkAccount(services, input, requireUser(caller), caller.client),
};

const statusOf = (health: ProviderHealthRow | undefined) => {
  const [success, failure] = [health?.lastSuccessAt?.getTime() ?? 0, health?.lastFailureAt?.getTime() ?? 0];
  if (success === 0 && failure === 0) return 'UNKNOWN';
  return failure > success ? 'FAILING' : 'HEALTHY';
};

export const IdentityProvider: IdentityProviderResolvers = {
  hasSecret: ({ secretJwe }) => secretJwe !== null,
  async redirectUri(provider, _args, { services, caller }) {
    if (traits[provider.kind].protocol === 'payload') return null;
    return redirectUriOf(await services.tenants.ofHost(caller.client.host), provider);
  },
  async health({ id }, _args, { loaders }) {
    const health = await loaders.providerHealth.load(id);
    return {
      status: statusOf(health),
      lastSuccessAt: health?.lastSuccessAt ?? null,
      lastFailureAt: health?.lastFailureAt ?? null,
      lastError: health?.lastError ?? null,
      successes: health?.successes ?? 0,
      failures: health?.failures ?? 0,
    };
  },
};

export const SignInProvider: SignInProviderResolvers = {
  startUrl: ({ id, kind }) => (traits[kind].protocol === 'payload' ? null : `/oauth2/federation/${id}/start`),
  bot: ({ kind, clientId }) => (kind === 'TELEGRAM' ? clientId : null),
};

export const LinkedAccount: LinkedAccountResolvers = {
  async provider({ providerId }, _args, { loaders }) {
    const provider = await loaders.identityProvider.load(providerId);
    if (!provider) throw new Error('a link outlived its provider');
    return provider;
  },
  linkedAt: ({ linkedAt, createdAt }) => linkedAt ?? createdAt,
};
