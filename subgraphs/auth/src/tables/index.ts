// For drizzle-kit: every table of the schema.

export { alertDelivery } from './alert-delivery.ts';
export { alertCursor, alertRule } from './alert-rule.ts';
export { apiKey, apiKeySecret } from './api-key.ts';
export { auditCheckpoint, auditStart } from './audit-checkpoint.ts';
export { auditEntry, auditHead } from './audit-entry.ts';
export { backupCode } from './backup-code.ts';
export { consent } from './consent.ts';
export { credential, preparedPassword } from './credential.ts';
export { issuedToken } from './issued-token.ts';
export { mailRequest } from './mail-request.ts';
export { mfaChallenge } from './mfa-challenge.ts';
export { mfaFactor } from './mfa-factor.ts';
export { mfaGuard } from './mfa-guard.ts';
export { mfaPolicy } from './mfa-policy.ts';
export { oauthClient } from './oauth-client.ts';
export { oidcArtifact } from './oidc-artifact.ts';
export { oneTimeCode } from './one-time-code.ts';
export { outbox, processedEvent } from './outbox.ts';
export { passkey } from './passkey.ts';
export { passkeyChallenge } from './passkey-challenge.ts';
export { rememberedDevice } from './remembered-device.ts';
export { auth } from './schema.ts';
export { securityEvent, securityEventPosition } from './security-event.ts';
export { session } from './session.ts';
export { sessionClient } from './session-client.ts';
export { signingKey } from './signing-key.ts';
