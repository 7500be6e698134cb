import { requireAccount, requirePrincipal } from '@gatehouse/identity';
import type { MutationResolvers } from '../../generated/resolvers.ts';
import { activateUser } from '../activate-user.ts';
import { addUser } from '../add-user.ts';
import { deactivateUser } from '../deactivate-user.ts';
import { deleteUser } from '../delete-user.ts';
import { disableUser } from '../disable-user.ts';
import { enableUser } from '../enable-user.ts';
import { register } from '../register.ts';
import { removePhoneNumber } from '../remove-phone-number.ts';
import { restoreUser } from '../restore-user.ts';
import { updateProfile } from '../update-profile.ts';
import { updateUser } from '../update-user.ts';

export const userMutations: MutationResolvers = {
  register: (_parent, { input }, { deps, caller }) => register(deps, caller, input),
  addUser: (_parent, { input }, { deps, caller }) => addUser(deps, requirePrincipal(caller), input),
  updateProfile: async (_parent, { input }, { deps, caller }) => ({
    user: await updateProfile(deps, requireAccount(caller), input),
  }),
  removePhoneNumber: async (_parent, _args, { deps, caller }) => ({
    user: await removePhoneNumber(deps, requireAccount(caller)),
  }),
  updateUser: async (_parent, { input }, { deps, caller }) => ({
    user: await updateUser(deps, requirePrincipal(caller), input),
  }),
  activateUser: async (_parent, { input }, { deps, caller }) => ({
    user: await activateUser(deps, requirePrincipal(caller), input),
  }),
  deactivateUser: async (_parent, { input }, { deps, caller }) => ({
    user: await deactivateUser(deps, requirePrincipal(caller), input),
  }),
  enableUser: async (_parent, { input }, { deps, caller }) => ({
    user: await enableUser(deps, requirePrincipal(caller), input),
  }),
  disableUser: async (_parent, { input }, { deps, caller }) => ({
    user: await disableUser(deps, requirePrincipal(caller), input),
  }),
  deleteUser: (_parent, { input }, { deps, caller }) => deleteUser(deps, requirePrincipal(caller), input),
  restoreUser: async (_parent, { input }, { deps, caller }) => ({
    user: await restoreUser(deps, requirePrincipal(caller), input),
  }),
};
