export { type AuditedMutations, type AuditRecord, auditMutations, auditRecordOf, originOf } from './audit.ts';
export { enforceAuthorization } from './enforcement.ts';
export {
  createPassportIssuer,
  createPassportVerifier,
  type PassportIssuer,
  type PassportIssuerName,
} from './passport.ts';
export { type Permission, permissionNames, permissions, seededRoles } from './permissions.ts';
export {
  type Caller,
  type ClientPrincipal,
  hasPermission,
  isSelf,
  type Principal,
  requirePermission,
  requirePrincipal,
  requireUser,
  serviceCaller,
  type UserPrincipal,
} from './principal.ts';
export { generationKey, principalKey, type Revocation, revocationChannel, revoke } from './revocation.ts';
