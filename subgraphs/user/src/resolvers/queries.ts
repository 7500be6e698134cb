import { requireOwn, requirePrincipal } from '@gatehouse/identity';
import type { QueryResolvers } from '../../generated/resolvers.ts';
import { listRoles } from '../list-roles.ts';
import { listUsers } from '../list-users.ts';
import { allPermissions } from '../queries/permissions.ts';
import { rolesByName } from '../queries/roles.ts';
import { visibleUser } from './user.ts';

export const queryResolvers: QueryResolvers = {
  me: async (_parent, _args, context) => {
    const principal = requirePrincipal(context.caller);
    const isPerson = principal.kind !== 'client' && principal.userId !== null;
    return isPerson ? await visibleUser(requireOwn(context.caller).userId, context) : null;
  },
  user: (_parent, { id }, context) => {
    requirePrincipal(context.caller);
    return visibleUser(id, context);
  },
  users: async (_parent, args, { caller, deps }) => ({
    ...(await listUsers(deps, requirePrincipal(caller), args)),
    totalCount: null,
  }),
  roles: (_parent, args, { caller, deps }) => listRoles(deps, requirePrincipal(caller), args),
  role: async (_parent, { name }, { caller, deps }) => {
    if (name.length > 63 || name.includes('\0')) return null;
    const [role] = await rolesByName(deps.database.db, requirePrincipal(caller).tenantId, [name]);
    return role ?? null;
  },
  permissions: (_parent, _args, { caller, deps }) =>
    allPermissions(deps.database.db, requirePrincipal(caller).tenantId),
};
