import { requirePrincipal, requireUser } from '@gatehouse/identity';
import type { LoginResult, MutationResolvers } from '../../generated/resolvers.ts';
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
import type { LoginResult as SignedIn } from '../sessions/sign-in.ts';
import { unlockUser } from '../unlock-user.ts';
import { mfaMutations } from './mfa-mutations.ts';

function loginResult(result: SignedIn): LoginResult {
  if ('accessToken' in result) return { __typename: 'TokenSet', ...result };
  if ('methods' in result) return { __typename: 'MfaChallenge', ...result };
  return { __typename: 'MfaEnrolment', ...result };
}

export const Mutation: MutationResolvers = {
  ...mfaMutations,
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
  preparePassword: (_, { password }, { services }) => preparePassword(services, password),
};
