import { mailCode } from '../codes/mail-code.ts';
import { setFirstPassword, takePreparedPassword } from '../queries/credentials.ts';
import type { Services } from '../services.ts';
import { findSubject } from '../subject.ts';
import { react } from './react.ts';

/** A new account gets the password given at registration, and its holder the mail with the confirmation code. */
export const userCreated = (services: Services) =>
  react(services, 'auth.user-created', ['user.created'], async (unit, event) => {
    const { userId, metadata, registrationMethod } = event.data;
    const tenantId = event.tenantid;
    const reference = metadata.credentialRef;
    if (typeof reference === 'string') {
      const passwordHash = await takePreparedPassword(unit.tx, reference);
      if (passwordHash) await setFirstPassword(unit.tx, { userId, tenantId, passwordHash });
    }
    if (metadata.confirmed === 'true' || !['email', 'admin'].includes(registrationMethod)) return;
    const subject = await findSubject(services, userId);
    if (subject?.status !== 'PENDING') return;
    const { requestedUsernameTaken } = metadata;
    await mailCode(services, unit, subject, {
      purpose: 'confirm',
      template: registrationMethod === 'admin' ? 'INVITATION' : 'CONFIRM_REGISTRATION',
      cause: event.id,
      issuedAt: new Date(event.time),
      parameters: requestedUsernameTaken === undefined ? {} : { requestedUsernameTaken },
    });
  });
