import { type AuditedMutations, auditMutations } from '@gatehouse/identity';
import type { GraphQLSchema } from 'graphql';
import type { RequestContext } from '../context.ts';
import type { Services } from '../services.ts';
import { inUnitOfWork } from '../unit-of-work.ts';
import { auditEntryFrom } from './audit-entry.ts';

type Input = Record<string, unknown>;

const id = (value: unknown) => (typeof value === 'string' ? value : null);
const ofUser = ({ userId }: Input) => ({ on: { type: 'user', id: id(userId) } });
const ofFactor = ({ factorId }: Input) => ({ on: { type: 'factor', id: id(factorId) } });
const ofRule = ({ ruleId }: Input) => ({ on: { type: 'alert-rule', id: id(ruleId) } });
const ofApiKey = ({ apiKeyId }: Input) => ({ on: { type: 'api-key', id: id(apiKeyId) } });
const ofProvider = ({ identityProviderId }: Input) => ({
  on: { type: 'identity-provider', id: id(identityProviderId) },
});
const ofClient = ({ clientId }: Input) => ({ on: { type: 'client', id: id(clientId) } });

/** Mutations whose refusal the audit log tells of; of their success it is told by what they do (`unit.audit`). */
export const auditedMutations: AuditedMutations = {
  logout: () => ({ on: null }),
  changePassword: () => ({ on: null }),
  requestEmailChange: () => ({ on: null }),
  confirmEmailChange: () => ({ on: null }),
  unlockUser: ofUser,
  revokeSession: ({ sessionId }) => ({ on: { type: 'session', id: id(sessionId) } }),
  revokeAllSessions: ofUser,
  createClient: () => ({ on: { type: 'client', id: null } }),
  updateClient: ofClient,
  rotateClientSecret: ofClient,
  deleteClient: ofClient,
  withdrawConsent: ofClient,
  createApiKey: () => ({ on: { type: 'api-key', id: null } }),
  rotateApiKey: ofApiKey,
  revokeApiKey: ofApiKey,
  createInitialAccessToken: () => ({ on: null }),
  rotateSigningKeys: () => ({ on: null }),
  stepUp: () => ({ on: null }),
  startTotp: () => ({ on: null }),
  confirmTotp: () => ({ on: null }),
  startEmailFactor: () => ({ on: null }),
  confirmEmailFactor: () => ({ on: null }),
  startPhoneNumber: () => ({ on: null }),
  confirmPhoneNumber: () => ({ on: null }),
  startPasskey: () => ({ on: null }),
  confirmPasskey: () => ({ on: null }),
  renamePasskey: ofFactor,
  startSmsFactor: () => ({ on: null }),
  confirmSmsFactor: () => ({ on: null }),
  regenerateBackupCodes: () => ({ on: null }),
  removeFactor: ofFactor,
  revokeDevice: ({ deviceId }) => ({ on: { type: 'device', id: id(deviceId) } }),
  resetMfa: ofUser,
  setLoginPolicy: () => ({ on: { type: 'login-policy', id: null } }),
  setMfaPolicy: () => ({ on: { type: 'mfa-policy', id: null } }),
  createIdentityProvider: () => ({ on: { type: 'identity-provider', id: null } }),
  updateIdentityProvider: ofProvider,
  deleteIdentityProvider: ofProvider,
  linkAccount: () => ({ on: null }),
  unlinkAccount: ({ linkedAccountId }) => ({ on: { type: 'linked-account', id: id(linkedAccountId) } }),
  acknowledgeSecurityEvent: ({ eventId }) => ({ on: { type: 'security-event', id: id(eventId) } }),
  createAlertRule: () => ({ on: { type: 'alert-rule', id: null } }),
  updateAlertRule: ofRule,
  deleteAlertRule: ofRule,
  setRiskPolicy: () => ({ on: { type: 'risk-policy', id: null } }),
  blockAddress: () => ({ on: { type: 'blocked-address', id: null } }),
  unblockAddress: ({ blockedAddressId }) => ({ on: { type: 'blocked-address', id: id(blockedAddressId) } }),
  exportAuditLog: () => ({ on: { type: 'audit-log', id: null } }),
};

/** Everything else: what no principal does, and tells of itself, and what changes nothing that matters. */
export const unaudited: readonly string[] = [
  'login',
  'verifyMfa',
  'sendMfaCode',
  'startPasskeySignIn',
  'signInWithPasskey',
  'startPasskeyStepUp',
  'refreshToken',
  'confirmRegistration',
  'resendConfirmation',
  'requestPasswordReset',
  'resetPassword',
  'renameSession',
  'renameDevice',
  'preparePassword',
  'openRegistration',
  'completeExternalLogin',
  'loginWithProvider',
  'loginWithTelegram',
  'requestSignUpCode',
  'confirmSignUp',
  'checkIdentityProvider',
  'recordApiKeyUses',
  'recordApiKeyRefusal',
];

export function auditAuthMutations(schema: GraphQLSchema, services: Services): void {
  auditMutations<RequestContext>(schema, {
    mutations: auditedMutations,
    async refused(_context, record) {
      // Its attempt at the password has told of it already.
      if (record.errorCode === 'INVALID_CREDENTIALS') return;
      try {
        await inUnitOfWork(services, async (unit) => unit.audit(auditEntryFrom(record)));
      } catch (err) {
        services.logger.error({ err }, 'a refusal is missing in the audit log');
      }
    },
  });
}
