import { scalars } from '@gatehouse/service-kit/subgraph';
import type { Resolvers } from '../../generated/resolvers.ts';
import { queryResolvers } from './queries.ts';
import { permissionResolvers, roleResolvers } from './role.ts';
import { roleMutations } from './role-mutations.ts';
import { serviceMutations, serviceQueries } from './service.ts';
import { brandingResolvers, tenantMutations, tenantQueries, tenantResolvers } from './tenant.ts';
import { userConnectionResolvers, userResolvers } from './user.ts';
import { userMutations } from './user-mutations.ts';

export const resolvers: Resolvers = {
  DateTime: scalars.DateTime,
  Query: { ...queryResolvers, ...tenantQueries, ...serviceQueries },
  Mutation: { ...userMutations, ...roleMutations, ...tenantMutations, ...serviceMutations },
  User: userResolvers,
  UserConnection: userConnectionResolvers,
  Role: roleResolvers,
  Permission: permissionResolvers,
  Tenant: tenantResolvers,
  TenantBranding: brandingResolvers,
  TenantRecord: brandingResolvers,
};
