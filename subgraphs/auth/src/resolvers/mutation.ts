import { requireOwnUser, requirePrincipal, requireUser } from '@gatehouse/identity';
import type { MutationResolvers } from '../../generated/resolvers.ts';
import { blockAddress } from '../addresses/block-address.ts';
import { unblockAddress } from '../addresses/unblock-address.ts';
import { createAlertRule } from '../alerts/create-alert-rule.ts';
import { deleteAlertRule } from '../alerts/delete-alert-rule.ts';
import { updateAlertRule } from '../alerts/update-alert-rule.ts';
import { createApiKey } from '../api-keys/create-api-key.ts';
import { recordApiKeyRefusal } from '../api-keys/record-api-key-refusal.ts';
import { recordApiKeyUses } from '../api-keys/record-api-key-uses.ts';
import { revokeApiKey } from '../api-keys/revoke-api-key.ts';
import { rotateApiKey } from '../api-keys/rotate-api-key.ts';
import { exportAuditLog } from '../audit/export-audit-log.ts';
import { changePassword } from '../change-password.ts';
import { createClient } from '../clients/create-client.ts';
import { deleteClient } from '../clients/delete-client.ts';
import { rotateClientSecret } from '../clients/rotate-client-secret.ts';
import { updateClient } from '../clients/update-client.ts';
import { confirmRegistration } from '../confirm-registration.ts';
import { withdrawConsent } from '../consents/withdraw-consent.ts';
import { confirmEmailChange } from '../email-change/confirm-email-change.ts';
import { requestEmailChange } from '../email-change/request-email-change.ts';
import { rotateSigningKeys } from '../keys/rotate-signing-keys.ts';
import { login } from '../login.ts';
import { logout } from '../logout.ts';
import { openRegistration } from '../open-registration.ts';
import { preparePassword } from '../passwords/prepare-password.ts';
import { setLoginPolicy } from '../policies/set-login-policy.ts';
import { refreshToken } from '../refresh-token.ts';
import { createInitialAccessToken } from '../registration/create-initial-access-token.ts';
import { requestPasswordReset } from '../request-password-reset.ts';
import { resendConfirmation } from '../resend-confirmation.ts';
import { resetPassword } from '../reset-password.ts';
import { revokeAllSessions } from '../revoke-all-sessions.ts';
import { revokeSession } from '../revoke-session.ts';
import { setRiskPolicy } from '../risk/set-risk-policy.ts';
import { acknowledgeSecurityEvent } from '../security-events/acknowledge-security-event.ts';
import { renameSession } from '../sessions/rename-session.ts';
import { unlockUser } from '../unlock-user.ts';
import { federationMutations } from './federation.ts';
import { loginResult } from './login-result.ts';
import { mfaMutations } from './mfa-mutations.ts';

export const Mutation: MutationResolvers = {
  ...mfaMutations,
  ...federationMutations,
  login: async (_, { input }, { services, caller }) =>
    loginResult(await login(services, input, caller.client)),
  confirmRegistration: async (_, { input }, { services, caller }) =>
    loginResult(await confirmRegistration(services, input, caller.client)),
  refreshToken: (_, { input }, { services, caller }) => refreshToken(services, input, caller.client),
  logout: (_, _args, { services, caller }) => logout(services, requireUser(caller), caller.client),
  resendConfirmation: (_, { input }, { services, caller }) =>
    resendConfirmation(services, input, caller.client),
  changePassword: (_, { input }, { services, caller }) =>
    changePassword(services, input, requireUser(caller), caller.client),
  requestEmailChange: (_, { input }, { services, caller }) =>
    requestEmailChange(services, input, requireOwnUser(caller), caller.client),
  confirmEmailChange: async (_, { input }, { services, caller }) => {
    const { userId } = await confirmEmailChange(services, input, requireOwnUser(caller), caller.client);
    return { user: { id: userId } };
  },
  requestPasswordReset: (_, { input }, { services, caller }) =>
    requestPasswordReset(services, input, caller.client),
  resetPassword: (_, { input }, { services, caller }) => resetPassword(services, input, caller.client),
  unlockUser: async (_, { input }, { services, caller }) => {
    const { userId } = await unlockUser(services, input, requirePrincipal(caller), caller.client);
    return { user: { id: userId } };
  },
  renameSession: (_, { input }, { services, caller }) =>
    renameSession(services, input, requireOwnUser(caller)),
  revokeSession: (_, { input }, { services, caller }) =>
    revokeSession(services, input, requirePrincipal(caller), caller.client),
  revokeAllSessions: (_, { input }, { services, caller }) =>
    revokeAllSessions(services, input, requirePrincipal(caller), caller.client),
  createClient: (_, { input }, { services, caller }) =>
    createClient(services, input, requirePrincipal(caller), caller.client),
  updateClient: (_, { input }, { services, caller }) =>
    updateClient(services, input, requirePrincipal(caller), caller.client),
  rotateClientSecret: (_, { input }, { services, caller }) =>
    rotateClientSecret(services, input, requirePrincipal(caller), caller.client),
  deleteClient: (_, { input }, { services, caller }) =>
    deleteClient(services, input, requirePrincipal(caller), caller.client),
  createApiKey: (_, { input }, { services, caller }) =>
    createApiKey(services, input, requireOwnUser(caller), caller.client),
  rotateApiKey: (_, { input }, { services, caller }) =>
    rotateApiKey(services, input, requireOwnUser(caller), caller.client),
  revokeApiKey: (_, { input }, { services, caller }) =>
    revokeApiKey(services, input, requireOwnUser(caller), caller.client),
  withdrawConsent: (_, { input }, { services, caller }) =>
    withdrawConsent(services, input, requireOwnUser(caller), caller.client),
  recordApiKeyUses: (_, { uses }, { services }) => recordApiKeyUses(services, uses),
  recordApiKeyRefusal: (_, { input }, { services }) => recordApiKeyRefusal(services, input),
  createInitialAccessToken: (_, { input }, { services, caller }) =>
    createInitialAccessToken(services, input, requirePrincipal(caller), caller.client),
  rotateSigningKeys: (_, _args, { services, caller }) =>
    rotateSigningKeys(services, requirePrincipal(caller), caller.client),
  acknowledgeSecurityEvent: (_, { input }, { services, caller }) =>
    acknowledgeSecurityEvent(services, input, requirePrincipal(caller), caller.client),
  createAlertRule: (_, { input }, { services, caller }) =>
    createAlertRule(services, input, requirePrincipal(caller), caller.client),
  updateAlertRule: (_, { input }, { services, caller }) =>
    updateAlertRule(services, input, requirePrincipal(caller), caller.client),
  deleteAlertRule: (_, { input }, { services, caller }) =>
    deleteAlertRule(services, input, requirePrincipal(caller), caller.client),
  setRiskPolicy: async (_, { input }, { services, caller }) =>
    setRiskPolicy(services, input, requirePrincipal(caller), caller.client),
  blockAddress: (_, { input }, { services, caller }) =>
    blockAddress(services, input, requirePrincipal(caller), caller.client),
  unblockAddress: (_, { input }, { services, caller }) =>
    unblockAddress(services, input, requirePrincipal(caller), caller.client),
  exportAuditLog: (_, { input }, { services, caller }) =>
    exportAuditLog(services, input, requirePrincipal(caller), caller.client),
  preparePassword: (_, { input }, { services }) => preparePassword(services, input),
  openRegistration: (_, { input }, { services }) =>
    openRegistration(services, { ...input, password: input.password ?? null }),
  setLoginPolicy: (_, { input }, { services, caller }) =>
    setLoginPolicy(services, input, requirePrincipal(caller), caller.client),
};
