import type { UserConnectionResolvers, UserResolvers } from '../../generated/resolvers.ts';
import type { Context } from '../context.ts';
import { idField } from '../fields.ts';
import { maySeeUser } from '../visible.ts';
import type { UserParent } from './parents.ts';

/** A user that the caller may see; null for everybody else, and for nobody. */
export async function visibleUser(id: string, { caller, loaders }: Context): Promise<UserParent | null> {
  const userId = idField.safeParse(id);
  const user = userId.success ? await loaders.user.load(userId.data) : null;
  return user && maySeeUser(caller, user) ? user : null;
}

/** Of whom no system has told anything. */
const idle = { connectedAccounts: 0, lastConnectedAt: null, campaignsCreated: 0, lastCampaignAt: null };

export const userResolvers: UserResolvers = {
  __resolveReference: ({ id }, context) => visibleUser(id, context),
  displayName: ({ firstName, lastName, username, email }) =>
    [firstName, lastName].filter(Boolean).join(' ') || username || email,
  roles: ({ id }, _args, { loaders }) => loaders.rolesOfUser.load(id),
  permissions: ({ id }, _args, { loaders }) => loaders.permissionsOfUser.load(id),
  avatar: ({ avatarDocumentId }) => (avatarDocumentId ? { id: avatarDocumentId } : null),
  plan: ({ id }, _args, { loaders }) => loaders.planOfUser.load(id),
  activity: async ({ id }, _args, { loaders }) => (await loaders.activityOfUser.load(id)) ?? idle,
  preferences: ({ preferences }) =>
    Object.entries(preferences)
      .map(([key, value]) => ({ key, value }))
      .sort((a, b) => (a.key < b.key ? -1 : 1)),
  async tenant({ tenantId }, _args, { loaders }) {
    const tenant = await loaders.tenant.load(tenantId);
    if (!tenant) throw new Error('a user without a tenant');
    return tenant;
  },
};

/** Counted only when somebody asks. */
type Counted = { count?(): Promise<number | null> };

export const userConnectionResolvers: UserConnectionResolvers = {
  totalCount: (connection) => (connection as Counted).count?.() ?? null,
};
