import { connectionOf, pageOf, type Reader } from '@gatehouse/data';
import { accountKey, requirePrincipal } from '@gatehouse/identity';
import { z } from 'zod';
import type { QueryResolvers, SubscriptionResolvers } from '../../generated/resolvers.ts';
import { loadAddressBlocks } from '../addresses/address-blocks.ts';
import { managesInstallation } from '../addresses/installation.ts';
import { apiKeyByHash } from '../api-keys/api-key-by-hash.ts';
import { selectionOf } from '../audit/audit-filter.ts';
import { verifyAuditLog } from '../audit/verify-audit-log.ts';
import type { Context } from '../context.ts';
import { providedPrincipal } from '../federation/provided-principal.ts';
import { issuerKeys } from '../issuer-keys.ts';
import { signInOptions } from '../policies/sign-in-options.ts';
import { pageOfAlertRules } from '../queries/alert-rules.ts';
import { pageOfApiKeys } from '../queries/api-keys.ts';
import { pageOfAuditEntries } from '../queries/audit-entries.ts';
import { pageOfBlockedAddresses } from '../queries/blocked-addresses.ts';
import { findCredentials } from '../queries/credentials.ts';
import { enabledProviders, pageOfIdentityProviders } from '../queries/identity-providers.ts';
import { findMfaPolicies } from '../queries/mfa-policies.ts';
import { findOauthClient, pageOfClients } from '../queries/oauth-clients.ts';
import { findRiskPolicy } from '../queries/risk.ts';
import { pageOfSecurityEvents } from '../queries/security-events.ts';
import { defaultRiskPolicy } from '../risk/risk-policy.ts';
import { visibleSecurityEvents } from '../security-events/visible.ts';
import { watchSecurityEvents } from '../security-events/watch-security-events.ts';
import type { SecurityEventRow } from '../tables/security-event.ts';
import { tokenPrincipal } from '../token-principal.ts';
import { isId, requireSecured } from './access.ts';
import { sessionOf } from './session.ts';

const clientCursor = z.object({ name: z.string(), id: z.uuid() });
const positionCursor = z.number().int().nonnegative();

/** Lists of administration may be some seconds old, but for what the caller has done. */
const onReplica = <T>({ services, caller }: Context, read: (db: Reader) => Promise<T>): Promise<T> =>
  services.database.onReplica(accountKey(requirePrincipal(caller)), read);

export const Query: QueryResolvers = {
  session(_, _args, { caller }) {
    const principal = requirePrincipal(caller);
    return principal.kind === 'user' ? sessionOf(principal) : null;
  },
  async client(_, { id }, { services, caller }) {
    const { tenantId } = requirePrincipal(caller);
    return (await findOauthClient(services.database.db, tenantId, id)) ?? null;
  },
  mfa(_, _args, { caller }) {
    const principal = requirePrincipal(caller);
    return principal.kind === 'user'
      ? { tenantId: principal.tenantId, userId: requireSecured(principal) }
      : null;
  },
  mfaPolicies: (_, _args, { services, caller }) =>
    findMfaPolicies(services.database.db, requirePrincipal(caller).tenantId),
  async clients(_, args, context) {
    const { tenantId } = requirePrincipal(context.caller);
    const page = pageOf(args, clientCursor);
    const rows = await onReplica(context, (db) => pageOfClients(db, tenantId, page));
    return connectionOf(rows, page, ({ name, id }) => ({ name, id }));
  },
  async apiKeys(_, args, context) {
    const { tenantId } = requirePrincipal(context.caller);
    const page = pageOf(args, z.uuid());
    const rows = await onReplica(context, (db) => pageOfApiKeys(db, { tenantId }, page));
    return connectionOf(rows, page, ({ id }) => id);
  },
  async securityEvents(_, args, context) {
    const selection = visibleSecurityEvents(requirePrincipal(context.caller), args.filter);
    const page = pageOf(args, positionCursor);
    // Not from a replica: who hears of one by the subscription finds it here, and resumes after the newest.
    const rows = await pageOfSecurityEvents(context.services.database.db, selection, page);
    return connectionOf(rows, page, ({ position }) => position);
  },
  async identityProviders(_, args, context) {
    const page = pageOf(args, clientCursor);
    const { tenantId } = requirePrincipal(context.caller);
    const rows = await onReplica(context, (db) => pageOfIdentityProviders(db, tenantId, page));
    return connectionOf(rows, page, ({ name, id }) => ({ name, id }));
  },
  async signInProviders(_, _args, { services, caller }) {
    const tenant = await services.tenants.ofHost(caller.client.host);
    return enabledProviders(services.database.db, tenant.id);
  },
  providerKeys: (_, { tenantId, issuer, keyId }, { services }) =>
    isId(tenantId) ? services.providerKeys(tenantId, issuer, keyId) : null,
  providedPrincipal: (_, { input }, { services }) =>
    isId(input.providerId) && isId(input.tenantId) ? providedPrincipal(services, input) : null,
  async alertRules(_, args, context) {
    const page = pageOf(args, z.uuid());
    const rows = await onReplica(context, (db) =>
      pageOfAlertRules(db, requirePrincipal(context.caller).tenantId, page),
    );
    return connectionOf(rows, page, ({ id }) => id);
  },
  async riskPolicy(_, _args, { services, caller }) {
    const { tenantId } = requirePrincipal(caller);
    return (await findRiskPolicy(services.database.db, tenantId)) ?? defaultRiskPolicy;
  },
  async blockedAddresses(_, args, context) {
    const { services, caller } = context;
    const principal = requirePrincipal(caller);
    const { tenantId } = principal;
    const everywhere = await managesInstallation(services, principal);
    const page = pageOf(args, z.uuid());
    const selection = { tenantId, everywhere, automatic: args.automatic ?? undefined };
    const rows = await onReplica(context, (db) => pageOfBlockedAddresses(db, selection, page));
    return connectionOf(rows, page, ({ id }) => id);
  },
  async auditLog(_, args, context) {
    const selection = selectionOf(requirePrincipal(context.caller).tenantId, args.filter);
    const page = pageOf(args, positionCursor);
    const rows = await onReplica(context, (db) => pageOfAuditEntries(db, selection, page));
    return connectionOf(rows, page, ({ position }) => position);
  },
  loginPolicy: (_, _args, { services, caller }) => services.policies.of(requirePrincipal(caller).tenantId),
  signInOptions: (_, _args, { services, caller }) => signInOptions(services, caller.client),
  verifyAuditLog: (_, args, { services, caller }) =>
    verifyAuditLog(services, requirePrincipal(caller).tenantId, args),
  async addressBlocks(_, { after }, { services }) {
    const blocks = await loadAddressBlocks(services, after ?? undefined);
    return blocks.map(({ expiresAt, ...block }) => ({
      ...block,
      expiresAt: expiresAt === null ? null : new Date(expiresAt),
    }));
  },
  issuerKeys: (_, { issuer }, { services }) => issuerKeys(services, issuer),
  apiKeyByHash: (_, { hash }, { services }) => apiKeyByHash(services, hash),
  async hasPassword(_, { tenantId, userId }, { services }) {
    return (await findCredentials(services.database.db, tenantId, [userId])).length === 1;
  },
  tokenPrincipal: (_, { input }, { services }) => tokenPrincipal(services, input),
};

export const Subscription: SubscriptionResolvers = {
  securityEvents: {
    subscribe: (_, args, { services, caller }) =>
      watchSecurityEvents(services, requirePrincipal(caller), args),
    resolve: (event: SecurityEventRow) => event,
  },
};
