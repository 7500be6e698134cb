import { GatehouseError } from '@gatehouse/service-kit';
import type { MutationResolvers, QueryResolvers } from '../../generated/resolvers.ts';
import { completeRegistration } from '../complete-registration.ts';
import { idField } from '../fields.ts';
import { findLogin, loginSubject } from '../find-login.ts';
import { findTenant } from '../find-tenant.ts';

const isId = (id: string) => idField.safeParse(id).success;

export const serviceQueries: QueryResolvers = {
  tenantByHost: (_parent, { host }, { deps }) => findTenant(deps.database.db, host),
  tenantById: (_parent, { id }, { loaders }) => (isId(id) ? loaders.tenant.load(id.toLowerCase()) : null),
  findLogin: (_parent, { tenantId, identifier }, { deps }) =>
    isId(tenantId) ? findLogin(deps.database.db, tenantId, identifier) : null,
  loginSubject: (_parent, { userId }, { deps }) =>
    isId(userId) ? loginSubject(deps.database.db, userId) : null,
};

export const serviceMutations: MutationResolvers = {
  completeRegistration: async (_parent, { userId }, { deps }) => {
    if (isId(userId)) await deps.database.transaction((tx) => completeRegistration(tx, userId));
    const subject = isId(userId) ? await loginSubject(deps.database.db, userId) : null;
    if (!subject) throw new GatehouseError('NOT_FOUND', 'There is no such user.');
    return subject;
  },
};
