import { connectionOf, pageOf } from '@gatehouse/data';
import { hasPermission, requirePrincipal } from '@gatehouse/identity';
import { GatehouseError } from '@gatehouse/service-kit';
import { maskPhoneNumber } from '@gatehouse/service-kit/phone-number';
import { z } from 'zod';
import type {
  ApiKeyResolvers,
  BlockedAddressResolvers,
  ClientResolvers,
  ConsentResolvers,
  MfaFactorResolvers,
  MfaPolicyResolvers,
  MfaResolvers,
  RememberedDeviceResolvers,
  RiskPolicyResolvers,
  SecurityEventResolvers,
  SecurityEventType,
  Severity,
  UserResolvers,
} from '../../generated/resolvers.ts';
import { authMethodNames, grantTypeNames, nameOf } from '../clients/client-input.ts';
import { methodOf } from '../mfa/methods.ts';
import { requiredFrom } from '../mfa/requirement.ts';
import { pageOfApiKeys } from '../queries/api-keys.ts';
import { countBackupCodes } from '../queries/backup-codes.ts';
import { pageOfConsents } from '../queries/consents.ts';
import { findLinkedAccounts } from '../queries/linked-accounts.ts';
import { findActiveFactors } from '../queries/mfa-factors.ts';
import { everybody } from '../queries/mfa-policies.ts';
import { findOauthClients } from '../queries/oauth-clients.ts';
import { findDevices } from '../queries/remembered-devices.ts';
import { findSecurityEvents } from '../queries/security-events.ts';
import { pageOfSessions } from '../queries/sessions.ts';
import { riskReasons } from '../risk/risk.ts';
import { deviceFrom } from '../sessions/device.ts';
import { isId, tenantToSee } from './access.ts';

export const User: UserResolvers = {
  __resolveReference: ({ id }) => (isId(id) ? { id } : null),
  async sessions({ id: userId }, args, context) {
    const tenantId = tenantToSee(context, userId, 'sessions:read');
    if (!tenantId) throw new GatehouseError('FORBIDDEN', 'This needs the permission sessions:read.');
    const { services } = context;
    const page = pageOf(args, z.uuid());
    const { sessionIdleSeconds: idleTtl } = await services.policies.of(tenantId);
    const rows = await pageOfSessions(services.database.db, { tenantId, userId, idleTtl }, page);
    return connectionOf(rows, page, ({ id }) => id);
  },
  async apiKeys({ id: userId }, args, context) {
    const tenantId = tenantToSee(context, userId, 'api-keys:read');
    if (!tenantId) throw new GatehouseError('FORBIDDEN', 'This needs the permission api-keys:read.');
    const page = pageOf(args, z.uuid());
    const rows = await pageOfApiKeys(context.services.database.db, { tenantId, userId }, page);
    return connectionOf(rows, page, ({ id }) => id);
  },
  async consents({ id: userId }, args, context) {
    const tenantId = tenantToSee(context, userId, 'sessions:read');
    if (!tenantId) throw new GatehouseError('FORBIDDEN', 'This needs the permission sessions:read.');
    const page = pageOf(args, z.uuid());
    const rows = await pageOfConsents(context.services.database.db, { tenantId, userId }, page);
    return connectionOf(rows, page, ({ clientId }) => clientId);
  },
  async linkedAccounts({ id: userId }, _args, context) {
    const tenantId = tenantToSee(context, userId, 'users:read');
    if (!tenantId) throw new GatehouseError('FORBIDDEN', 'This needs the permission users:read.');
    return findLinkedAccounts(context.services.database.db, { tenantId, userId });
  },
  async lockedUntil({ id: userId }, _args, { caller, loaders }) {
    const { tenantId } = requirePrincipal(caller);
    const credential = await loaders.credential.load({ tenantId, userId });
    const locks = [credential?.lockedUntil, credential?.familiarLockedUntil].flatMap((date) => date ?? []);
    const lockedUntil = new Date(Math.max(...locks.map(Number), 0));
    return lockedUntil > new Date() ? lockedUntil : null;
  },
  async lastLoginAt({ id: userId }, _args, context) {
    const tenantId = tenantToSee(context, userId, 'users:read');
    if (!tenantId) return null;
    return (await context.loaders.credential.load({ tenantId, userId }))?.lastLoginAt ?? null;
  },
};

export const SecurityEvent: SecurityEventResolvers = {
  async __resolveReference({ id }, context) {
    const { tenantId } = requirePrincipal(context.caller);
    if (!isId(id)) return null;
    const [event] = await findSecurityEvents(context.services.database.db, tenantId, [id]);
    return event && tenantToSee(context, event.userId, 'security-events:read') ? event : null;
  },
  type: ({ type }) => type as SecurityEventType,
  severity: ({ severity }) => severity as Severity,
  user: ({ userId }) => (userId ? { id: userId } : null),
  // Clients have ids of the same kind: there is no user behind those.
  acknowledgedBy: ({ acknowledgedBy: id }) => (id && isId(id) ? { id } : null),
};

export const ApiKey: ApiKeyResolvers = {
  user: ({ userId }) => (userId ? { id: userId } : null),
  createdBy: ({ createdBy }) => ({ id: createdBy }),
};

export const RiskPolicy: RiskPolicyResolvers = {
  weights: ({ weights }) => riskReasons.map((reason) => ({ reason, weight: weights[reason] })),
};

export const BlockedAddress: BlockedAddressResolvers = {
  everywhere: ({ tenantId }) => tenantId === null,
  createdBy: ({ createdBy }) => (createdBy && isId(createdBy) ? { id: createdBy } : null),
};

export const Client: ClientResolvers = {
  async __resolveReference({ id }, { caller, services }) {
    const principal = requirePrincipal(caller);
    if (!hasPermission(principal, 'clients:read')) return null;
    const [client] = await findOauthClients(services.database.db, principal.tenantId, [id]);
    return client ?? null;
  },
  grantTypes: ({ grantTypes }) => grantTypes.map((value) => nameOf(grantTypeNames, value)),
  authMethod: ({ authMethod }) => nameOf(authMethodNames, authMethod),
};

export const Consent: ConsentResolvers = {
  givenAt: ({ createdAt }) => createdAt,
};

export const Mfa: MfaResolvers = {
  factors: (owner, _args, { services }) => findActiveFactors(services.database.db, owner),
  backupCodesLeft: (owner, _args, { services }) => countBackupCodes(services.database.db, owner),
  async requiredFrom({ userId }, _args, { services, loaders }) {
    const subject = await loaders.subject.load(userId);
    return subject && requiredFrom(services.database.db, subject);
  },
  devices: (owner, _args, { services }) => findDevices(services.database.db, owner),
};

export const RememberedDevice: RememberedDeviceResolvers = {
  device: (device) => deviceFrom(device),
};

export const MfaPolicy: MfaPolicyResolvers = {
  role: ({ role }) => (role === everybody ? null : role),
};

export const MfaFactor: MfaFactorResolvers = {
  method: ({ kind }) => methodOf[kind],
  name: async (factor, _args, { loaders }) => (await loaders.passkey.load(factor))?.name ?? null,
  backedUp: async (factor, _args, { loaders }) => (await loaders.passkey.load(factor))?.backedUp ?? null,
  phoneNumber: ({ phoneNumber }) => phoneNumber && maskPhoneNumber(phoneNumber),
  createdAt: ({ confirmedAt, createdAt }) => confirmedAt ?? createdAt,
};
