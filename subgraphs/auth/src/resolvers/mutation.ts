import { requirePrincipal, requireUser } from '@gatehouse/identity';
import type { LoginResult, MutationResolvers } from '../../generated/resolvers.ts';
import { createAlertRule } from '../alerts/create-alert-rule.ts';
import { deleteAlertRule } from '../alerts/delete-alert-rule.ts';
import { updateAlertRule } from '../alerts/update-alert-rule.ts';
import { exportAuditLog } from '../audit/export-audit-log.ts';
import { changePassword } from '../change-password.ts';
import { createClient } from '../clients/create-client.ts';
import { deleteClient } from '../clients/delete-client.ts';
import { confirmRegistration } from '../confirm-registration.ts';
import { login } from '../login.ts';
import { logout } from '../logout.ts';
import { preparePassword } from '../passwords/prepare-password.ts';
import { refreshToken } from '../refresh-token.ts';
import { requestPasswordReset } from '../request-password-reset.ts';
import { resendConfirmation } from '../resend-confirmation.ts';
import { resetPassword } from '../reset-password.ts';
import { revokeAllSessions } from '../revoke-all-sessions.ts';
import { revokeSession } from '../revoke-session.ts';
import { acknowledgeSecurityEvent } from '../security-events/acknowledge-security-event.ts';
import type { TokenSet } from '../sessions/open-session.ts';
import { unlockUser } from '../unlock-user.ts';

const tokenSet = (tokens: TokenSet): LoginResult => ({ __typename: 'TokenSet', ...tokens });

export const Mutation: MutationResolvers = {
  login: async (_, { input }, { services, caller }) => tokenSet(await login(services, input, caller.client)),
  confirmRegistration: async (_, { input }, { services, caller }) =>
    tokenSet(await confirmRegistration(services, input, caller.client)),
  refreshToken: (_, { input }, { services, caller }) => refreshToken(services, input, caller.client),
  logout: (_, _args, { services, caller }) => logout(services, requireUser(caller), caller.client),
  resendConfirmation: (_, { input }, { services, caller }) =>
    resendConfirmation(services, input, caller.client),
  changePassword: (_, { input }, { services, caller }) =>
    changePassword(services, input, requireUser(caller), caller.client),
  requestPasswordReset: (_, { input }, { services, caller }) =>
    requestPasswordReset(services, input, caller.client),
  resetPassword: (_, { input }, { services, caller }) => resetPassword(services, input, caller.client),
  unlockUser: async (_, { input }, { services, caller }) => {
    const { userId } = await unlockUser(services, input, requirePrincipal(caller), caller.client);
    return { user: { id: userId } };
  },
  revokeSession: (_, { input }, { services, caller }) =>
    revokeSession(services, input, requirePrincipal(caller), caller.client),
  revokeAllSessions: (_, { input }, { services, caller }) =>
    revokeAllSessions(services, input, requirePrincipal(caller), caller.client),
  createClient: (_, { input }, { services, caller }) =>
    createClient(services, input, requirePrincipal(caller), caller.client),
  deleteClient: (_, { input }, { services, caller }) =>
    deleteClient(services, input, requirePrincipal(caller), caller.client),
  acknowledgeSecurityEvent: (_, { input }, { services, caller }) =>
    acknowledgeSecurityEvent(services, input, requirePrincipal(caller), caller.client),
  createAlertRule: (_, { input }, { services, caller }) =>
    createAlertRule(services, input, requirePrincipal(caller), caller.client),
  updateAlertRule: (_, { input }, { services, caller }) =>
    updateAlertRule(services, input, requirePrincipal(caller), caller.client),
  deleteAlertRule: (_, { input }, { services, caller }) =>
    deleteAlertRule(services, input, requirePrincipal(caller), caller.client),
  exportAuditLog: (_, { input }, { services, caller }) =>
    exportAuditLog(services, input, requirePrincipal(caller), caller.client),
  preparePassword: (_, { password }, { services }) => preparePassword(services, password),
};
