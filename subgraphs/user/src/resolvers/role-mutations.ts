import { requirePrincipal } from '@gatehouse/identity';
import type { MutationResolvers } from '../../generated/resolvers.ts';
import { assignRole } from '../assign-role.ts';
import { createPermission } from '../create-permission.ts';
import { createRole } from '../create-role.ts';
import { deletePermission } from '../delete-permission.ts';
import { deleteRole } from '../delete-role.ts';
import { removeRole } from '../remove-role.ts';
import { updatePermission } from '../update-permission.ts';
import { updateRole } from '../update-role.ts';

export const roleMutations: MutationResolvers = {
  assignRole: async (_parent, { input }, { deps, caller }) => ({
    user: await assignRole(deps, requirePrincipal(caller), input),
  }),
  removeRole: async (_parent, { input }, { deps, caller }) => ({
    user: await removeRole(deps, requirePrincipal(caller), input),
  }),
  createRole: async (_parent, { input }, { deps, caller }) => ({
    role: await createRole(deps, requirePrincipal(caller), input),
  }),
  updateRole: async (_parent, { input }, { deps, caller }) => ({
    role: await updateRole(deps, requirePrincipal(caller), input),
  }),
  deleteRole: async (_parent, { input }, { deps, caller }) => ({
    name: await deleteRole(deps, requirePrincipal(caller), input),
  }),
  createPermission: async (_parent, { input }, { deps, caller }) => ({
    permission: await createPermission(deps, requirePrincipal(caller), input),
  }),
  updatePermission: async (_parent, { input }, { deps, caller }) => ({
    permission: await updatePermission(deps, requirePrincipal(caller), input),
  }),
  deletePermission: async (_parent, { input }, { deps, caller }) => ({
    name: await deletePermission(deps, requirePrincipal(caller), input),
  }),
};
