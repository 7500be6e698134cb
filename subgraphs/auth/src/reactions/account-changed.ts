import { markApiKeysRevoked } from '../queries/api-keys.ts';
import { deleteBackupCodesOf } from '../queries/backup-codes.ts';
import { deleteConsentsOfUser } from '../queries/consents.ts';
import { deleteEmailChangeOf } from '../queries/email-changes.ts';
import { deleteLinksOfUser } from '../queries/linked-accounts.ts';
import { deleteFactorsOf } from '../queries/mfa-factors.ts';
import { clearAttempts } from '../queries/mfa-guard.ts';
import { deleteCodesOf } from '../queries/one-time-codes.ts';
import { deleteFormerHashes } from '../queries/password-history.ts';
import { deletePhoneConfirmationOf } from '../queries/phone-confirmations.ts';
import { deleteDevicesOf } from '../queries/remembered-devices.ts';
import { deletePlacesOf } from '../queries/sign-in-places.ts';
import type { Services } from '../services.ts';
import { endSessions } from '../sessions/end-sessions.ts';
import { react } from './react.ts';

const types = ['user.deactivated', 'user.deleted', 'user.activated', 'user.roles_changed'] as const;

/** What happens to an account shows in its sessions and security events. One group: in the order it happened. */
export const accountChanged = (services: Services) =>
  react(services, 'auth.account-changed', types, async (unit, event) => {
    const { userId } = event.data;
    const tenantId = event.tenantid;
    const record = (
      type: Parameters<typeof unit.securityEvent>[0]['type'],
      details: Record<string, unknown>,
    ) => unit.securityEvent({ tenantId, type, userId, details });
    switch (event.type) {
      case 'user.deactivated': {
        await endSessions(unit, { tenantId, userId, logoutType: 'forced' });
        await deleteDevicesOf(unit.tx, userId);
        unit.revoke({ userId, ended: true });
        const { deactivatedBy, reason } = event.data;
        return record('ACCOUNT_DISABLED', { by: deactivatedBy, reason });
      }
      case 'user.deleted': {
        await endSessions(unit, { tenantId, userId, logoutType: 'forced' });
        await deleteCodesOf(unit.tx, userId);
        await markApiKeysRevoked(unit.tx, { userId, clientId: null });
        await deleteConsentsOfUser(unit.tx, tenantId, userId);
        await deleteDevicesOf(unit.tx, userId);
        await deletePlacesOf(unit.tx, userId);
        await deleteFactorsOf(unit.tx, userId);
        await deleteBackupCodesOf(unit.tx, userId);
        await deleteFormerHashes(unit.tx, { tenantId, userId });
        await deleteLinksOfUser(unit.tx, userId);
        await clearAttempts(unit.tx, userId);
        await deletePhoneConfirmationOf(unit.tx, userId);
        await deleteEmailChangeOf(unit.tx, userId);
        unit.revoke({ userId, ended: true });
        const { deletedBy, deletionReason } = event.data;
        return record('ACCOUNT_DELETED', { by: deletedBy, reason: deletionReason });
      }
      case 'user.activated':
        if (event.data.activationMethod !== 'email') {
          record('ACCOUNT_ENABLED', { by: event.data.activatedBy, method: event.data.activationMethod });
        }
        return;
      case 'user.roles_changed': {
        unit.revoke({ userId, ended: false });
        const { added, removed, changedBy } = event.data;
        return record('ROLES_CHANGED', { added, removed, by: changedBy });
      }
    }
  });
