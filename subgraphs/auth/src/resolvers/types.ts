import { connectionOf, pageOf } from '@gatehouse/data';
import { hasPermission, requirePrincipal } from '@gatehouse/identity';
import { GatehouseError } from '@gatehouse/service-kit';
import { z } from 'zod';
import type {
  ClientResolvers,
  SecurityEventResolvers,
  SecurityEventType,
  Severity,
  UserResolvers,
} from '../../generated/resolvers.ts';
import { findOauthClients } from '../queries/oauth-clients.ts';
import { findSecurityEvents } from '../queries/security-events.ts';
import { pageOfSessions } from '../queries/sessions.ts';
import { isId, tenantToSee } from './access.ts';

export const User: UserResolvers = {
  __resolveReference: ({ id }) => (isId(id) ? { id } : null),
  async sessions({ id: userId }, args, context) {
    const tenantId = tenantToSee(context, userId, 'sessions:read');
    if (!tenantId) throw new GatehouseError('FORBIDDEN', 'This needs the permission sessions:read.');
    const { services } = context;
    const page = pageOf(args, z.uuid());
    const idleTtl = services.config.sessionIdleTtl;
    const rows = await pageOfSessions(services.database.db, { tenantId, userId, idleTtl }, page);
    return connectionOf(rows, page, ({ id }) => id);
  },
  async lockedUntil({ id: userId }, _args, { caller, loaders }) {
    const { tenantId } = requirePrincipal(caller);
    const lockedUntil = (await loaders.credential.load({ tenantId, userId }))?.lockedUntil;
    return lockedUntil && lockedUntil > new Date() ? lockedUntil : null;
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

export const Client: ClientResolvers = {
  async __resolveReference({ id }, { caller, services }) {
    const principal = requirePrincipal(caller);
    if (!hasPermission(principal, 'clients:read')) return null;
    const [client] = await findOauthClients(services.database.db, principal.tenantId, [id]);
    return client ?? null;
  },
};
