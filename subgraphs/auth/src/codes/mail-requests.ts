import { FindLoginDocument } from '../../generated/calls.ts';
import { claimMailRequest, deleteMailRequest, postponeMailRequest } from '../queries/mail-requests.ts';
import type { Services } from '../services.ts';
import type { MailRequest } from '../tables/mail-request.ts';
import { inUnitOfWork, type UnitOfWork } from '../unit-of-work.ts';
import { mailCode } from './mail-code.ts';

/** How often a process looks for requests that others left, or that are to be tried again. */
const pollMs = 1_000;

/** Works off the wishes for mails, one transaction each. */
export function startMailRequests(services: Services) {
  let stopped = false;
  let running: Promise<void> | undefined;
  let again = false;
  let failing = false;

  async function drain(): Promise<void> {
    do {
      again = false;
      while (!stopped && (await workOffOne(services)));
    } while (again && !stopped);
  }

  function wake(): void {
    again = true;
    running ??= drain()
      .then(() => {
        failing = false;
      })
      .catch((err: unknown) => {
        // Once per outage, not once per look.
        if (!failing) services.logger.warn({ err }, 'mail requests are left for later');
        failing = true;
      })
      .finally(() => {
        running = undefined;
      });
  }

  const timer = setInterval(wake, pollMs).unref();
  return {
    wake,
    async stop() {
      stopped = true;
      clearInterval(timer);
      await running;
    },
  };
}

/** Whether there was one. A failing one is postponed and holds up no other. */
async function workOffOne(services: Services): Promise<boolean> {
  let claimed: MailRequest | undefined;
  try {
    return await inUnitOfWork(services, async (unit) => {
      claimed = await claimMailRequest(unit.tx);
      if (!claimed) return false;
      await answerMailRequest(services, unit, claimed);
      await deleteMailRequest(unit.tx, claimed.id);
      return true;
    });
  } catch (err) {
    if (!claimed) throw err;
    services.logger.warn({ err, attempts: claimed.attempts }, 'a mail request failed and is tried again');
    await postponeMailRequest(services.database.db, claimed.id);
    return true;
  }
}

async function answerMailRequest(services: Services, unit: UnitOfWork, request: MailRequest): Promise<void> {
  const { id, kind, tenantId, email: identifier, createdAt: issuedAt } = request;
  const { findLogin: subject } = await services.call('user', FindLoginDocument, { tenantId, identifier });
  // A username may look like an address; only the holder of the address is meant.
  if (!subject || subject.email.toLowerCase() !== identifier.toLowerCase()) return;
  const common = { cause: id, issuedAt };
  if (subject.status === 'PENDING') {
    // Who forgot the password before confirming needs the confirmation.
    await mailCode(services, unit, subject, {
      ...common,
      purpose: 'confirm',
      template: 'CONFIRM_REGISTRATION',
    });
  } else if (subject.status === 'ACTIVE' && kind === 'reset') {
    await mailCode(services, unit, subject, { ...common, purpose: 'reset', template: 'RESET_PASSWORD' });
    unit.securityEvent({
      tenantId,
      type: 'PASSWORD_RESET_REQUESTED',
      userId: subject.userId,
      origin: { ipAddress: request.ipAddress, userAgent: request.userAgent },
    });
  }
}
