import type { PermissionRow, RoleRow, TenantRow, UserRow } from '../tables/index.ts';

// What resolvers receive for the objects of this subgraph: its rows.

export type UserParent = UserRow;
export type RoleParent = RoleRow;
export type PermissionParent = PermissionRow;
export type TenantParent = TenantRow;
