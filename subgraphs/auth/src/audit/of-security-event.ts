import { auditActorOf, originOf } from '@gatehouse/identity';
import type { ErrorCode } from '@gatehouse/service-kit';
import type { SecurityEventType } from '../../generated/resolvers.ts';
import type { NewSecurityEvent } from '../security-events/security-event.ts';
import type { NewAuditEntry } from './audit-entry.ts';

type Meaning = {
  /** The operation, as the API calls it. */
  action: string;
  /** Who did it, when it was not the person whom the event is about. */
  actor?: 'anonymous' | 'system';
  code?: ErrorCode;
};

/** What security events mean for the audit log. Others are called by their type; null: the operation is told of elsewhere. */
const meanings: Partial<Record<SecurityEventType, Meaning | null>> = {
  LOGIN_SUCCEEDED: { action: 'login' },
  LOGIN_FAILED: { action: 'login', actor: 'anonymous', code: 'INVALID_CREDENTIALS' },
  LOGIN_CHALLENGED: { action: 'challengeLogin', actor: 'anonymous' },
  LOGIN_REFUSED: { action: 'login', actor: 'anonymous', code: 'INVALID_CREDENTIALS' },
  ACCOUNT_LOCKED: { action: 'lockUser', actor: 'system' },
  ACCOUNT_UNLOCKED: { action: 'unlockUser' },
  REGISTRATION_CONFIRMED: { action: 'confirmRegistration' },
  PASSWORD_CHANGED: { action: 'changePassword' },
  EMAIL_CHANGE_REQUESTED: { action: 'requestEmailChange' },
  EMAIL_CHANGED: { action: 'confirmEmailChange' },
  PASSWORD_RESET_REQUESTED: { action: 'requestPasswordReset', actor: 'anonymous' },
  PASSWORD_RESET: { action: 'resetPassword' },
  REFRESH_TOKEN_REUSED: { action: 'refreshToken', actor: 'anonymous', code: 'INVALID_GRANT' },
  SESSION_REVOKED: { action: 'revokeSession' },
  LOGGED_OUT: { action: 'logout' },
  CLIENT_CREATED: { action: 'createClient' },
  CLIENT_UPDATED: { action: 'updateClient' },
  CLIENT_SECRET_ROTATED: { action: 'rotateClientSecret' },
  CLIENT_DELETED: { action: 'deleteClient' },
  CONSENT_GIVEN: { action: 'giveConsent' },
  CONSENT_WITHDRAWN: { action: 'withdrawConsent' },
  API_KEY_CREATED: { action: 'createApiKey' },
  API_KEY_ROTATED: { action: 'rotateApiKey' },
  API_KEY_REVOKED: { action: 'revokeApiKey' },
  API_KEY_REFUSED: { action: 'useApiKey', actor: 'anonymous', code: 'UNAUTHENTICATED' },
  INITIAL_ACCESS_TOKEN_CREATED: { action: 'createInitialAccessToken' },
  SIGNING_KEYS_ROTATED: { action: 'rotateSigningKeys' },
  MFA_FAILED: { action: 'verifyMfa', actor: 'anonymous', code: 'INVALID_CODE' },
  PASSKEY_REPLAYED: { action: 'usePasskey', actor: 'anonymous', code: 'INVALID_CODE' },
  MFA_LOCKED: { action: 'lockMfa', actor: 'system' },
  BACKUP_CODES_REGENERATED: { action: 'regenerateBackupCodes' },
  STEPPED_UP: { action: 'stepUp' },
  DEVICE_REMEMBERED: { action: 'rememberDevice' },
  DEVICE_REVOKED: { action: 'revokeDevice' },
  LOGIN_POLICY_CHANGED: { action: 'setLoginPolicy' },
  MFA_POLICY_CHANGED: { action: 'setMfaPolicy' },
  ACCOUNT_LINKED: { action: 'linkAccount' },
  ACCOUNT_UNLINKED: { action: 'unlinkAccount' },
  IDENTITY_PROVIDER_CREATED: { action: 'createIdentityProvider' },
  IDENTITY_PROVIDER_UPDATED: { action: 'updateIdentityProvider' },
  IDENTITY_PROVIDER_DELETED: { action: 'deleteIdentityProvider' },
  RISK_POLICY_CHANGED: { action: 'setRiskPolicy' },
  ADDRESS_BLOCKED: { action: 'blockAddress' },
  ADDRESS_UNBLOCKED: { action: 'unblockAddress' },
  ROLES_CHANGED: null,
  ACCOUNT_DISABLED: null,
  ACCOUNT_ENABLED: null,
  ACCOUNT_DELETED: null,
};

const calledBy = (type: string): Meaning => ({
  action: type.toLowerCase().replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
});

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** The audit entry of what auth itself did; null for what another subgraph tells of. */
export function auditEntryOf(event: NewSecurityEvent): NewAuditEntry | null {
  const known = meanings[event.type];
  if (known === null) return null;
  const { action, actor, code } = known ?? calledBy(event.type);
  const { tenantId, userId, by, details = {} } = event;
  const { sessionId, action: tried, ...said } = JSON.parse(JSON.stringify(details));
  return {
    tenantId,
    service: 'auth',
    // A password is asked for by more than signing in.
    action: textOf(tried) ?? action,
    result: code ? 'REFUSED' : 'SUCCESS',
    errorCode: code ?? null,
    ...actorOf(event, actor),
    // The session that the operation was made in, else the one that it is about.
    sessionId: by ? (by.kind === 'user' ? by.sessionId : null) : textOf(sessionId),
    ...subjectOf(said, userId),
    ...(event.origin ?? originOf({ ipAddress: '', userAgent: null, host: '' })),
    details: by && sessionId ? { ...said, sessionId } : said,
  };
}

/** What was done something to: the thing that the details name, else the person. */
function subjectOf(
  { apiKeyId, clientId, identityProviderId, blockedAddressId }: Record<string, unknown>,
  userId: string | null,
): Pick<NewAuditEntry, 'subjectType' | 'subjectId'> {
  if (typeof apiKeyId === 'string') return { subjectType: 'api-key', subjectId: apiKeyId };
  if (typeof clientId === 'string') return { subjectType: 'client', subjectId: clientId };
  if (typeof identityProviderId === 'string') {
    return { subjectType: 'identity-provider', subjectId: identityProviderId };
  }
  if (typeof blockedAddressId === 'string') {
    return { subjectType: 'blocked-address', subjectId: blockedAddressId };
  }
  return { subjectType: 'user', subjectId: userId };
}

function actorOf(
  { by, userId }: NewSecurityEvent,
  instead: Meaning['actor'],
): Pick<NewAuditEntry, 'actorType' | 'actorId'> {
  if (by) {
    const { type, id } = auditActorOf(by);
    return { actorType: type, actorId: id };
  }
  if (instead) return { actorType: instead, actorId: null };
  return userId ? { actorType: 'user', actorId: userId } : { actorType: 'system', actorId: null };
}
