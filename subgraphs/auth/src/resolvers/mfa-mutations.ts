import { requireOwnUser, requirePrincipal } from '@gatehouse/identity';
import { GatehouseError } from '@gatehouse/service-kit';
import type { MutationResolvers } from '../../generated/resolvers.ts';
import { confirmEmailFactor } from '../mfa/confirm-email-factor.ts';
import { confirmSmsFactor } from '../mfa/confirm-sms-factor.ts';
import { confirmTotp } from '../mfa/confirm-totp.ts';
import { regenerateBackupCodes } from '../mfa/regenerate-backup-codes.ts';
import { removeFactor } from '../mfa/remove-factor.ts';
import { renameDevice } from '../mfa/rename-device.ts';
import { resetMfa } from '../mfa/reset-mfa.ts';
import { revokeDevice } from '../mfa/revoke-device.ts';
import { sendMfaCode } from '../mfa/send-mfa-code.ts';
import { setMfaPolicy } from '../mfa/set-mfa-policy.ts';
import { startEmailFactor } from '../mfa/start-email-factor.ts';
import { startSmsFactor } from '../mfa/start-sms-factor.ts';
import { startTotp } from '../mfa/start-totp.ts';
import { stepUp } from '../mfa/step-up.ts';
import { verifyMfa } from '../mfa/verify-mfa.ts';
import { confirmPasskey } from '../passkeys/confirm-passkey.ts';
import { renamePasskey } from '../passkeys/rename-passkey.ts';
import { signInWithPasskey } from '../passkeys/sign-in-with-passkey.ts';
import { startPasskey } from '../passkeys/start-passkey.ts';
import { startPasskeySignIn } from '../passkeys/start-passkey-sign-in.ts';
import { startPasskeyStepUp } from '../passkeys/start-passkey-step-up.ts';
import { confirmPhoneNumber } from '../phone-number/confirm-phone-number.ts';
import { startPhoneNumber } from '../phone-number/start-phone-number.ts';

export const mfaMutations: MutationResolvers = {
  startPhoneNumber: (_, { input }, { services, caller }) =>
    startPhoneNumber(services, input, requireOwnUser(caller), caller.client),
  confirmPhoneNumber: (_, { input }, { services, caller }) =>
    confirmPhoneNumber(services, input, requireOwnUser(caller), caller.client),
  verifyMfa: (_, { input }, { services, caller }) => verifyMfa(services, input, caller.client),
  sendMfaCode: (_, { input }, { services, caller }) => {
    const principal = caller.principal?.kind === 'user' ? requireOwnUser(caller) : undefined;
    return sendMfaCode(services, input, principal, caller.client);
  },
  stepUp: async (_, { input }, { services, caller, loaders }) => {
    const principal = requireOwnUser(caller);
    await stepUp(services, input, principal, caller.client);
    const session = await loaders.session.load({ tenantId: principal.tenantId, id: principal.sessionId });
    if (!session) throw new GatehouseError('UNAUTHENTICATED', 'The session has ended.');
    return { session };
  },
  startTotp: (_, { input }, { services, caller }) => startTotp(services, input, caller),
  confirmTotp: (_, { input }, { services, caller }) => confirmTotp(services, input, caller),
  startEmailFactor: (_, { input }, { services, caller }) => startEmailFactor(services, input, caller),
  confirmEmailFactor: (_, { input }, { services, caller }) => confirmEmailFactor(services, input, caller),
  startPasskey: (_, { input }, { services, caller }) => startPasskey(services, input, caller),
  confirmPasskey: (_, { input }, { services, caller }) => confirmPasskey(services, input, caller),
  startPasskeySignIn: (_, { input }, { services, caller }) =>
    startPasskeySignIn(services, input, caller.client),
  signInWithPasskey: (_, { input }, { services, caller }) =>
    signInWithPasskey(services, input, caller.client),
  startPasskeyStepUp: (_, _args, { services, caller }) =>
    startPasskeyStepUp(services, requireOwnUser(caller)),
  renamePasskey: (_, { input }, { services, caller }) =>
    renamePasskey(services, input, requireOwnUser(caller), caller.client),
  startSmsFactor: (_, { input }, { services, caller }) => startSmsFactor(services, input, caller),
  confirmSmsFactor: (_, { input }, { services, caller }) => confirmSmsFactor(services, input, caller),
  removeFactor: (_, { input }, { services, caller }) =>
    removeFactor(services, input, requireOwnUser(caller), caller.client),
  regenerateBackupCodes: (_, _args, { services, caller }) =>
    regenerateBackupCodes(services, requireOwnUser(caller), caller.client),
  setMfaPolicy: (_, { input }, { services, caller }) =>
    setMfaPolicy(services, input, requirePrincipal(caller), caller.client),
  resetMfa: async (_, { input }, { services, caller }) => {
    const { userId } = await resetMfa(services, input, requirePrincipal(caller), caller.client);
    return { user: { id: userId } };
  },
  renameDevice: (_, { input }, { services, caller }) => renameDevice(services, input, requireOwnUser(caller)),
  revokeDevice: (_, { input }, { services, caller }) =>
    revokeDevice(services, input, requireOwnUser(caller), caller.client),
};
