// For drizzle-kit: every table of the schema.
export { alertDelivery } from './alert-delivery.ts';
export { alertCursor, alertRule } from './alert-rule.ts';
export { auditCheckpoint, auditStart } from './audit-checkpoint.ts';
export { auditEntry, auditHead } from './audit-entry.ts';
export { credential, preparedPassword } from './credential.ts';
export { issuedToken } from './issued-token.ts';
export { mailRequest } from './mail-request.ts';
export { oauthClient } from './oauth-client.ts';
export { oidcArtifact } from './oidc-artifact.ts';
export { oneTimeCode } from './one-time-code.ts';
export { outbox, processedEvent } from './outbox.ts';
export { auth } from './schema.ts';
export { securityEvent, securityEventPosition } from './security-event.ts';
export { session } from './session.ts';
export { signingKey } from './signing-key.ts';
