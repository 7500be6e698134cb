import { FindLoginDocument } from '../../generated/calls.ts';
import { claimMailRequest, deleteMailRequest } from '../queries/mail-requests.ts';
import type { Services } from '../services.ts';
import type { Subject } from '../subject.ts';
import type { MailRequest } from '../tables/mail-request.ts';
import type { CodePurpose } from '../tables/one-time-code.ts';
import { inUnitOfWork, type UnitOfWork } from '../unit-of-work.ts';
import { prepareCodeMail } from './mail-code.ts';

/** How often a process looks for requests that others left, or that are to be tried again. */
const pollMs = 1_000;

/** Works off the wishes for mails. */
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

/**
 * Whether there was one. A claim is only a delay: a request is deleted when its mail is out, and until then doing it again
 * makes the same code and the same mail. A failing one holds up no other.
 */
async function workOffOne(services: Services): Promise<boolean> {
  const request = await claimMailRequest(services.database.db);
  if (!request) return false;
  try {
    const subject = await subjectOf(services, request);
    const purpose = subject && purposeFor(subject, request);
    if (purpose) {
      // Committed before the mail leaves: its link is good when it arrives.
      const send = await inUnitOfWork(services, (unit) =>
        prepareCodeMail(services, unit, subject, {
          purpose,
          template: purpose === 'reset' ? 'RESET_PASSWORD' : 'CONFIRM_REGISTRATION',
          cause: request.id,
          issuedAt: request.createdAt,
        }),
      );
      await send();
    }
    await inUnitOfWork(services, async (unit) => {
      const deleted = await deleteMailRequest(unit.tx, request.id);
      if (subject && deleted && purpose === 'reset') recordRequest(unit, subject, request);
    });
  } catch (err) {
    services.logger.warn({ err, attempts: request.attempts }, 'a mail request failed and is tried again');
  }
  return true;
}

async function subjectOf(services: Services, { tenantId, email }: MailRequest): Promise<Subject | undefined> {
  const { findLogin: subject } = await services.call('user', FindLoginDocument, {
    tenantId,
    identifier: email,
  });
  // A username may look like an address; only the holder of the address is meant.
  return subject?.email.toLowerCase() === email.toLowerCase() ? subject : undefined;
}

/** Who forgot the password before confirming needs the confirmation. */
function purposeFor({ status }: Subject, { kind }: MailRequest): CodePurpose | undefined {
  if (status === 'PENDING') return 'confirm';
  return status === 'ACTIVE' && kind === 'reset' ? 'reset' : undefined;
}

const recordRequest = (unit: UnitOfWork, { tenantId, userId }: Subject, request: MailRequest): void =>
  unit.securityEvent({
    tenantId,
    type: 'PASSWORD_RESET_REQUESTED',
    userId,
    origin: { ipAddress: request.ipAddress, userAgent: request.userAgent },
  });
