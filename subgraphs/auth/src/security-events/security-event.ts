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
  ACCOUNT_LOCKED: 'HIGH',
  ACCOUNT_UNLOCKED: 'MEDIUM',
  REGISTRATION_CONFIRMED: 'LOW',
  PASSWORD_CHANGED: 'MEDIUM',
  PASSWORD_RESET_REQUESTED: 'LOW',
  PASSWORD_RESET: 'MEDIUM',
  REFRESH_TOKEN_REUSED: 'HIGH',
  SESSION_REVOKED: 'LOW',
  LOGGED_OUT: 'LOW',
  ROLES_CHANGED: 'MEDIUM',
  ACCOUNT_DISABLED: 'MEDIUM',
  ACCOUNT_ENABLED: 'MEDIUM',
  ACCOUNT_DELETED: 'HIGH',
  CLIENT_CREATED: 'MEDIUM',
  CLIENT_DELETED: 'MEDIUM',
};

/** The channel on which writers say that there is something to read. */
export const securityEventChannel = 'security-events';
export type SecurityEventHint = { tenantId: string; position: number; userId: string | null };
