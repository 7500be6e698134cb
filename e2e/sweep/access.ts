/**
 * Who gets what: every field a client can start with, and every field of every type, as each kind of caller. Reviewed by
 * hand; a field that is missing here fails the sweep, and so does an outcome that differs from what stands here.
 *
 * An outcome is the code of the refusal, `nothing` (null or an empty list), `own` (an answer that holds nothing of the
 * victim) or `victim` (an answer about the victim).
 */
export type Outcome = string;

/**
 * - anonymous: without a token
 * - selfRegistration: registered alone, on the victim's tenant
 * - user: added by an administrator of the victim's tenant
 * - reader: of the victim's tenant, with a role that allows users:read and nothing else
 * - foreignAdministrator: a super-administrator of another tenant, who asks with the ids of this one
 */
export const callers = ['anonymous', 'selfRegistration', 'user', 'reader', 'foreignAdministrator'] as const;
export type CallerKind = (typeof callers)[number];
type Row = [Outcome, Outcome, Outcome, Outcome, Outcome];

const UNKNOWN = 'UNAUTHENTICATED';

// biome-ignore format: a table is read by columns
/** Columns as in `callers`. Wherever an argument names something, it names what is the victim's. */
export const rootAccess: Record<string, Row> = {
  'Query.me':                              [UNKNOWN, 'own', 'own', 'own', 'own'],
  'Query.session':                         [UNKNOWN, 'own', 'own', 'own', 'own'],
  'Query.mfa':                             [UNKNOWN, 'own', 'own', 'own', 'own'],
  'Query.mfaPolicies':                     [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'own'],
  'Query.user':                            [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'victim', 'nothing'],
  'Query.users':                           [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'victim', 'nothing'],
  'Query.roles':                           [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'own'],
  'Query.role':                            [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'nothing'],
  'Query.permissions':                     [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'own'],
  'Query.document':                        [UNKNOWN, 'nothing', 'nothing', 'nothing', 'nothing'],
  'Query.documents':                       [UNKNOWN, 'nothing', 'nothing', 'nothing', 'nothing'],
  'Query.securityEvents':                  [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'nothing'],
  'Query.client':                          [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'nothing'],
  'Query.clients':                         [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'own'],
  'Query.identityProviders':             [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'own'],
  'Query.signInProviders':               ['own', 'own', 'own', 'own', 'own'],
  'Query.apiKeys':                         [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'own'],
  'Query.blockedAddresses':                [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'own'],
  'Query.riskPolicy':                      [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'own'],
  'Query.auditLog':                        [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'nothing'],
  'Query.alertRules':                      [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'own'],
  'Query.verifyAuditLog':                  [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'own'],

  'Query.deliveries':                      [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'nothing'],
  'Query.suppressions':                    [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'own'],
  'Query.loginPolicy':                     [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'own'],
  'Query.signInOptions':                   ['own', 'own', 'own', 'own', 'own'],
  'Query.tenantBranding':                  ['own', 'own', 'own', 'own', 'own'],
  'Query.tenant':                          [UNKNOWN, 'own', 'own', 'own', 'nothing'],
  'Query.tenants':                         [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN'],
  'Mutation.setLoginPolicy':               [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN'],
  'Mutation.renameSession':                [UNKNOWN, 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND'],
  'Mutation.renameDevice':                 [UNKNOWN, 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND'],
  'Mutation.createTenant':                 [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN'],
  'Mutation.updateTenant':                 [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN'],
  'Mutation.suspendTenant':                [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN'],
  'Mutation.activateTenant':               [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN'],
  'Mutation.deleteTenant':                 [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN'],
  'Mutation.updateBranding':               [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'own'],

  'Mutation.register':                     ['own', 'own', 'own', 'own', 'own'],
  'Mutation.resendConfirmation':           ['own', 'own', 'own', 'own', 'own'],
  'Mutation.requestPasswordReset':         ['own', 'own', 'own', 'own', 'own'],
  'Mutation.confirmRegistration':          ['INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE'],
  'Mutation.resetPassword':                ['INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE'],
  'Mutation.login':                        ['INVALID_CREDENTIALS', 'INVALID_CREDENTIALS', 'INVALID_CREDENTIALS', 'INVALID_CREDENTIALS', 'INVALID_CREDENTIALS'],
  'Mutation.refreshToken':                 ['INVALID_GRANT', 'INVALID_GRANT', 'INVALID_GRANT', 'INVALID_GRANT', 'INVALID_GRANT'],
  'Mutation.logout':                       [UNKNOWN, 'own', 'own', 'own', 'own'],
  'Mutation.changePassword':               [UNKNOWN, 'INVALID_CREDENTIALS', 'INVALID_CREDENTIALS', 'INVALID_CREDENTIALS', 'INVALID_CREDENTIALS'],

  'Mutation.verifyMfa':                    ['INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE'],
  'Mutation.sendMfaCode':                  ['INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE'],
  'Mutation.stepUp':                       [UNKNOWN, 'INVALID_CREDENTIALS', 'INVALID_CREDENTIALS', 'INVALID_CREDENTIALS', 'INVALID_CREDENTIALS'],
  'Mutation.startTotp':                    ['INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE'],
  'Mutation.confirmTotp':                  ['INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE'],
  'Mutation.startEmailFactor':             ['INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE'],
  'Mutation.confirmEmailFactor':           ['INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE'],
  'Mutation.startPhoneNumber':             [UNKNOWN, 'own', 'own', 'FORBIDDEN', 'own'],
  'Mutation.confirmPhoneNumber':           [UNKNOWN, 'INVALID_CODE', 'INVALID_CODE', 'FORBIDDEN', 'INVALID_CODE'],
  'Mutation.removePhoneNumber':            [UNKNOWN, 'own', 'own', 'FORBIDDEN', 'own'],
  'Mutation.requestEmailChange':           [UNKNOWN, 'own', 'own', 'FORBIDDEN', 'own'],
  'Mutation.confirmEmailChange':           [UNKNOWN, 'INVALID_CODE', 'INVALID_CODE', 'FORBIDDEN', 'INVALID_CODE'],
  'Mutation.startPasskey':                 ['INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE'],
  'Mutation.confirmPasskey':               ['INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE'],
  'Mutation.renamePasskey':                [UNKNOWN, 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND'],
  'Mutation.startPasskeySignIn':           ['INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE'],
  'Mutation.signInWithPasskey':            ['INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE'],
  'Mutation.startPasskeyStepUp':           [UNKNOWN, 'CONFLICT', 'CONFLICT', 'CONFLICT', 'CONFLICT'],
  'Mutation.startSmsFactor':               ['INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE'],
  'Mutation.confirmSmsFactor':             ['INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE'],
  'Mutation.removeFactor':                 [UNKNOWN, 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND'],
  'Mutation.regenerateBackupCodes':        [UNKNOWN, 'CONFLICT', 'CONFLICT', 'CONFLICT', 'CONFLICT'],
  'Mutation.setMfaPolicy':                 [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'own'],
  'Mutation.resetMfa':                     [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'NOT_FOUND'],
  'Mutation.revokeDevice':                 [UNKNOWN, 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND'],

  'Mutation.createIdentityProvider':     [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'BAD_USER_INPUT'],
  'Mutation.updateIdentityProvider':     [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'NOT_FOUND'],
  'Mutation.deleteIdentityProvider':     [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'NOT_FOUND'],
  'Mutation.checkIdentityProvider':      [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'NOT_FOUND'],
  'Mutation.completeExternalLogin':      ['INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE'],
  'Mutation.loginWithProvider':          ['NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND'],
  'Mutation.loginWithTelegram':          ['INVALID_CREDENTIALS', 'INVALID_CREDENTIALS', 'INVALID_CREDENTIALS', 'INVALID_CREDENTIALS', 'NOT_FOUND'],
  'Mutation.requestSignUpCode':          ['INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE'],
  'Mutation.confirmSignUp':              ['INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE'],
  'Mutation.linkAccount':                [UNKNOWN, 'INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE'],
  'Mutation.unlinkAccount':              [UNKNOWN, 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND'],

  'Mutation.addUser':                      [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'BAD_USER_INPUT'],
  'Mutation.updateProfile':                [UNKNOWN, 'BAD_USER_INPUT', 'BAD_USER_INPUT', 'FORBIDDEN', 'BAD_USER_INPUT'],
  'Mutation.updateUser':                   [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'NOT_FOUND'],
  'Mutation.activateUser':                 [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'NOT_FOUND'],
  'Mutation.deactivateUser':               [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'NOT_FOUND'],
  'Mutation.enableUser':                   [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'NOT_FOUND'],
  'Mutation.disableUser':                  [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'NOT_FOUND'],
  'Mutation.deleteUser':                   [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'NOT_FOUND'],
  'Mutation.restoreUser':                  [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'NOT_FOUND'],
  'Mutation.unlockUser':                   [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'NOT_FOUND'],
  'Mutation.assignRole':                   [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'NOT_FOUND'],
  'Mutation.removeRole':                   [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'NOT_FOUND'],
  'Mutation.createRole':                   [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'own'],
  'Mutation.updateRole':                   [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'NOT_FOUND'],
  'Mutation.deleteRole':                   [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'NOT_FOUND'],
  'Mutation.createPermission':             [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'own'],
  'Mutation.updatePermission':             [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'NOT_FOUND'],
  'Mutation.deletePermission':             [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'NOT_FOUND'],

  'Mutation.revokeSession':                [UNKNOWN, 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND'],
  'Mutation.revokeAllSessions':            [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'own'],
  'Mutation.withdrawConsent':              [UNKNOWN, 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND'],
  'Mutation.createClient':                 [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'own'],
  'Mutation.updateClient':                 [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'NOT_FOUND'],
  'Mutation.rotateClientSecret':           [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'NOT_FOUND'],
  'Mutation.createInitialAccessToken':     [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'own'],
  'Mutation.rotateSigningKeys':            [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'own'],
  'Mutation.deleteClient':                 [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'NOT_FOUND'],
  'Mutation.createApiKey':                 [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'NOT_FOUND'],
  'Mutation.rotateApiKey':                 [UNKNOWN, 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND'],
  'Mutation.revokeApiKey':                 [UNKNOWN, 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND'],
  'Mutation.setRiskPolicy':                [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'own'],
  'Mutation.blockAddress':                 [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'own'],
  'Mutation.unblockAddress':               [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'NOT_FOUND'],
  'Mutation.acknowledgeSecurityEvent':     [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'NOT_FOUND'],
  'Mutation.createAlertRule':              [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'BAD_USER_INPUT'],
  'Mutation.updateAlertRule':              [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'NOT_FOUND'],
  'Mutation.deleteAlertRule':              [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'NOT_FOUND'],
  'Mutation.exportAuditLog':               [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'own'],
  'Mutation.createUpload':                 [UNKNOWN, 'own', 'own', 'FORBIDDEN', 'own'],
  'Mutation.deleteDocument':               [UNKNOWN, 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND'],
  'Mutation.liftSuppression':              [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'NOT_FOUND'],
  'Mutation.markNotificationRead':         [UNKNOWN, 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND'],
  'Mutation.markAllNotificationsRead':     [UNKNOWN, 'own', 'own', 'own', 'own'],

  'Subscription.securityEvents':           [UNKNOWN, 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'nothing'],
  'Subscription.notificationReceived':     [UNKNOWN, 'nothing', 'nothing', 'nothing', 'nothing'],
};

/**
 * A way to an object of each type: one's own, and the victim's. Types without one (payloads, edges, tokens, page info) hold
 * nothing that is not already behind the field that answers them.
 */
export const doors: Record<string, { own: string; victim?: string }> = {
  User: { own: 'me { % }', victim: 'user(id: $id) { % }' },
  UserConnection: { own: 'users { % }', victim: 'users(filter: { text: $email }) { % }' },
  Preference: { own: 'me { preferences { % } }', victim: 'user(id: $id) { preferences { % } }' },
  Role: { own: 'me { roles { % } }', victim: 'user(id: $id) { roles { % } }' },
  UserPlan: { own: 'me { plan { % } }', victim: 'user(id: $id) { plan { % } }' },
  UserActivity: { own: 'me { activity { % } }', victim: 'user(id: $id) { activity { % } }' },
  RoleConnection: { own: 'roles { % }' },
  Permission: {
    own: 'me { roles { permissions { % } } }',
    victim: 'user(id: $id) { roles { permissions { % } } }',
  },
  Tenant: { own: 'me { tenant { % } }', victim: 'user(id: $id) { tenant { % } }' },
  LoginPolicy: { own: 'loginPolicy { % }' },
  SignInOptions: { own: 'signInOptions { % }' },
  Device: {
    own: 'session { device { % } }',
    victim: 'user(id: $id) { sessions { nodes { device { % } } } }',
  },
  TenantBranding: { own: 'tenantBranding { % }', victim: 'user(id: $id) { tenant { branding { % } } }' },
  TenantConnection: { own: 'tenants { % }' },
  Session: { own: 'session { % }', victim: 'user(id: $id) { sessions { nodes { % } } }' },
  Place: { own: 'session { place { % } }', victim: 'user(id: $id) { sessions { nodes { place { % } } } }' },
  SessionConnection: { own: 'me { sessions { % } }', victim: 'user(id: $id) { sessions { % } }' },
  Mfa: { own: 'mfa { % }' },
  MfaFactor: { own: 'mfa { factors { % } }' },
  MfaPolicy: { own: 'mfaPolicies { % }' },
  RememberedDevice: { own: 'mfa { devices { % } }' },
  Document: { own: 'documents { nodes { % } }', victim: 'user(id: $id) { avatar { % } }' },
  DocumentConnection: { own: 'me { documents { % } }', victim: 'user(id: $id) { documents { % } }' },
  Notification: {
    own: 'me { notifications { nodes { % } } }',
    victim: 'user(id: $id) { notifications { nodes { % } } }',
  },
  NotificationConnection: {
    own: 'me { notifications { % } }',
    victim: 'user(id: $id) { notifications { % } }',
  },
  Delivery: {
    own: 'deliveries { nodes { % } }',
    victim: 'deliveries(filter: { userId: $id }) { nodes { % } }',
  },
  DeliveryConnection: {
    own: 'deliveries { % }',
    victim: 'deliveries(filter: { userId: $id }) { % }',
  },
  Suppression: { own: 'suppressions { nodes { % } }' },
  SuppressionConnection: { own: 'suppressions { % }' },
  SecurityEvent: {
    own: 'securityEvents { nodes { % } }',
    victim: 'securityEvents(filter: { userId: $id, acknowledged: true }) { nodes { % } }',
  },
  SecurityEventConnection: {
    own: 'securityEvents { % }',
    victim: 'securityEvents(filter: { userId: $id }) { % }',
  },
  ApiKey: {
    own: 'me { apiKeys { nodes { % } } }',
    victim: 'user(id: $id) { apiKeys { nodes { % } } }',
  },
  ApiKeyConnection: {
    own: 'me { apiKeys { % } }',
    victim: 'user(id: $id) { apiKeys { % } }',
  },
  RiskPolicy: { own: 'riskPolicy { % }' },
  RiskWeight: { own: 'riskPolicy { weights { % } }' },
  BlockedAddress: { own: 'blockedAddresses { nodes { % } }' },
  BlockedAddressConnection: { own: 'blockedAddresses { % }' },
  AlertRule: { own: 'alertRules { nodes { % } }' },
  AlertRuleConnection: { own: 'alertRules { % }' },
  AlertDelivery: { own: 'alertRules { nodes { deliveries { % } } }' },
  AuditEntry: {
    own: 'auditLog { nodes { % } }',
    victim: 'auditLog(filter: { subject: $id }) { nodes { % } }',
  },
  AuditEntryConnection: { own: 'auditLog { % }', victim: 'auditLog(filter: { subject: $id }) { % }' },
  AuditVerification: { own: 'verifyAuditLog { % }' },
  IdentityProvider: { own: 'identityProviders { nodes { % } }' },
  IdentityProviderConnection: { own: 'identityProviders { % }' },
  ProviderClaims: { own: 'identityProviders { nodes { claims { % } } }' },
  RoleMapping: { own: 'identityProviders { nodes { roleMappings { % } } }' },
  ProviderHealth: { own: 'identityProviders { nodes { health { % } } }' },
  SignInProvider: { own: 'signInProviders { % }' },
  LinkedAccount: {
    own: 'me { linkedAccounts { % } }',
    victim: 'user(id: $id) { linkedAccounts { % } }',
  },
  Consent: {
    own: 'me { consents { nodes { % } } }',
    victim: 'user(id: $id) { consents { nodes { % } } }',
  },
  ConsentConnection: { own: 'me { consents { % } }', victim: 'user(id: $id) { consents { % } }' },
  Client: { own: 'clients { nodes { % } }' },
  ClientConnection: { own: 'clients { % }' },
};

export const withoutDoor =
  /(Payload|Edge)$|^(PageInfo|TokenSet|MfaChallenge|MfaEnrolment|PasswordExpired|EmailRequired)$/;
