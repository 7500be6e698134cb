export { defaultUserConfig, type UserConfig, userConfigOf, userEnvironment } from './config.ts';
export { createUser } from './create.ts';
export type { UserDeps } from './deps.ts';
export { ensureDefaultTenant } from './ensure-default-tenant.ts';
export { ensureSuperAdministrator } from './ensure-super-administrator.ts';
export { ensureTenant, type TenantDefinition } from './ensure-tenant.ts';
export { findTenant } from './find-tenant.ts';
export { migrations } from './migrations.ts';
