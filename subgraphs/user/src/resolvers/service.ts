import { GatehouseError } from '@gatehouse/service-kit';
import type { MutationResolvers, QueryResolvers } from '../../generated/resolvers.ts';
import { changeEmail } from '../change-email.ts';
import { completeRegistration } from '../complete-registration.ts';
import { idField } from '../fields.ts';
import { findLogin, loginSubject } from '../find-login.ts';
import { findTenant } from '../find-tenant.ts';
import { provisionUser } from '../provision-user.ts';
import { permissionsOfRoles } from '../queries/effective-permissions.ts';
import { rolesByName } from '../queries/roles.ts';
import { syncProvidedRoles } from '../sync-provided-roles.ts';

const isId = (id: string) => idField.safeParse(id).success;

export const serviceQueries: QueryResolvers = {
  tenantByHost: (_parent, { host }, { deps }) => findTenant(deps.database.db, host),
  tenantById: (_parent, { id }, { loaders }) => (isId(id) ? loaders.tenant.load(id.toLowerCase()) : null),
  findLogin: (_parent, { tenantId, identifier }, { deps }) =>
    isId(tenantId) ? findLogin(deps.database.db, tenantId, identifier) : null,
  loginSubject: (_parent, { userId }, { deps }) =>
    isId(userId) ? loginSubject(deps.database.db, userId) : null,
  async rolePermissions(_parent, { tenantId, roles: names }, { deps }) {
    if (!isId(tenantId)) return [];
    const roles = await rolesByName(deps.database.db, tenantId, names);
    const given = await permissionsOfRoles(
      deps.database.db,
      roles.map(({ id }) => id),
    );
    return roles.map(({ id, name }) => ({ role: name, permissions: given.get(id) ?? [] }));
  },
};

export const serviceMutations: MutationResolvers = {
  completeRegistration: async (_parent, { userId }, { deps }) => {
    if (isId(userId)) await deps.database.transaction((tx) => completeRegistration(tx, userId));
    const subject = isId(userId) ? await loginSubject(deps.database.db, userId) : null;
    if (!subject) throw new GatehouseError('NOT_FOUND', 'There is no such user.');
    return subject;
  },
  changeEmail: async (_parent, { input }, { deps }) => {
    await deps.database.transaction((tx) => changeEmail(tx, input));
    const subject = await loginSubject(deps.database.db, input.userId);
    if (!subject) throw new GatehouseError('NOT_FOUND', 'There is no such user.');
    return subject;
  },
  provisionUser: (_parent, { input }, { deps }) => provisionUser(deps, input),
  syncProvidedRoles: (_parent, { input }, { deps }) => syncProvidedRoles(deps, input),
};
