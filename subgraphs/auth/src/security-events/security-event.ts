import type { Principal } from '@gatehouse/identity';
import type { SecurityEventType, Severity } from '../../generated/resolvers.ts';

/** Where a request came from, as far as it is kept. */
export type Origin = { ipAddress: string | null; userAgent: string | null };

export type NewSecurityEvent = {
  tenantId: string;
  type: SecurityEventType;
  /** Null when the account is unknown. */
  userId: string | null;
  /** Whose request it was, when there was a principal: the audit log names them. */
  by?: Principal;
  origin?: Origin;
  /** Nothing secret, and no identifier that somebody only claimed. */
  details?: Record<string, unknown>;
};

export const severities: Record<SecurityEventType, Severity> = {
  LOGIN_SUCCEEDED: 'LOW',
  LOGIN_FAILED: 'MEDIUM',
  LOGIN_CHALLENGED: 'MEDIUM',
  LOGIN_REFUSED: 'HIGH',
  ACCOUNT_LOCKED: 'HIGH',
  ACCOUNT_UNLOCKED: 'MEDIUM',
  REGISTRATION_CONFIRMED: 'LOW',
  PASSWORD_CHANGED: 'MEDIUM',
  PASSWORD_EXPIRED: 'LOW',
  EMAIL_CHANGE_REQUESTED: 'MEDIUM',
  EMAIL_CHANGED: 'HIGH',
  PASSWORD_RESET_REQUESTED: 'LOW',
  PASSWORD_RESET: 'MEDIUM',
  REFRESH_TOKEN_REUSED: 'HIGH',
  SESSION_REVOKED: 'LOW',
  LOGGED_OUT: 'LOW',
  ROLES_CHANGED: 'MEDIUM',
  COMPLIANCE_VIOLATION: 'HIGH',
  ACCOUNT_DISABLED: 'MEDIUM',
  ACCOUNT_ENABLED: 'MEDIUM',
  ACCOUNT_DELETED: 'HIGH',
  CLIENT_CREATED: 'MEDIUM',
  CLIENT_UPDATED: 'MEDIUM',
  CLIENT_SECRET_ROTATED: 'MEDIUM',
  CLIENT_DELETED: 'MEDIUM',
  CONSENT_GIVEN: 'LOW',
  CONSENT_WITHDRAWN: 'LOW',
  API_KEY_CREATED: 'MEDIUM',
  API_KEY_ROTATED: 'LOW',
  API_KEY_REVOKED: 'LOW',
  API_KEY_REFUSED: 'MEDIUM',
  INITIAL_ACCESS_TOKEN_CREATED: 'MEDIUM',
  SIGNING_KEYS_ROTATED: 'MEDIUM',
  MFA_ENABLED: 'MEDIUM',
  MFA_DISABLED: 'HIGH',
  MFA_FAILED: 'MEDIUM',
  MFA_LOCKED: 'HIGH',
  PASSKEY_REPLAYED: 'HIGH',
  BACKUP_CODE_USED: 'MEDIUM',
  BACKUP_CODES_REGENERATED: 'MEDIUM',
  STEPPED_UP: 'LOW',
  DEVICE_REMEMBERED: 'MEDIUM',
  DEVICE_REVOKED: 'LOW',
  MFA_POLICY_CHANGED: 'HIGH',
  LOGIN_POLICY_CHANGED: 'HIGH',
  SESSION_LIMIT_REACHED: 'LOW',
  ACCOUNT_LINKED: 'HIGH',
  ACCOUNT_UNLINKED: 'MEDIUM',
  IDENTITY_PROVIDER_CREATED: 'HIGH',
  IDENTITY_PROVIDER_UPDATED: 'HIGH',
  IDENTITY_PROVIDER_DELETED: 'HIGH',
  RISK_POLICY_CHANGED: 'HIGH',
  ADDRESS_BLOCKED: 'HIGH',
  ADDRESS_UNBLOCKED: 'MEDIUM',
};

/** The channel on which writers say that there is something to read. */
export const securityEventChannel = 'security-events';
export type SecurityEventHint = { tenantId: string; position: number; userId: string | null };
