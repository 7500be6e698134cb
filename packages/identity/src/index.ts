export {
  type AddressBlock,
  type AddressBlockChange,
  type AddressBlocks,
  addressBlocked,
  addressBlockPage,
  followAddressBlocks,
  tellAddressBlock,
} from './address-blocks.ts';
export { apiKeyPrefix, apiKeyStart, isApiKey, newApiKey } from './api-key.ts';
export { acrOf, acrs, recentFor, requireRecent } from './assurance.ts';
export {
  type AuditedMutations,
  type AuditRecord,
  auditActorOf,
  auditMutations,
  auditRecordOf,
  originOf,
} from './audit.ts';
export { firstPartyClientId, isBuiltIn } from './built-in-client.ts';
export { enforceAuthorization } from './enforcement.ts';
export { accountKey, accountKeyOf, noteWrites } from './note-writes.ts';
export { requireOwnClient, requireOwnUser, securedPersonOf } from './own-client.ts';
export {
  createPassportIssuer,
  createPassportVerifier,
  type PassportIssuer,
  type PassportIssuerName,
} from './passport.ts';
export {
  installationPermissions,
  type Permission,
  permissionNames,
  permissions,
  seededRoles,
} from './permissions.ts';
export {
  type Account,
  type ApiKeyPrincipal,
  actorOf,
  actsFor,
  type Caller,
  type ClientPrincipal,
  hasPermission,
  isSelf,
  type Principal,
  personOf,
  refuseApiKey,
  requireAccount,
  requireOwn,
  requirePermission,
  requirePrincipal,
  requireUser,
  serviceCaller,
  type UserPrincipal,
} from './principal.ts';
export {
  generationKey,
  generationTtl,
  principalKey,
  type Revocation,
  revocationChannel,
  revoke,
} from './revocation.ts';
export {
  announceTenantChange,
  createTenantCache,
  type TenantCache,
  type TenantChange,
  tenantChannel,
} from './tenant-changes.ts';
