import { type MailTemplate, SendMailDocument } from '../generated/calls.ts';
import type { AuthDeps } from './deps.ts';
import type { Subject } from './subject.ts';

/** Hands a mail to a person to the notification subgraph: durable when this returns, sent once per `idempotencyKey`. */
export async function sendMail(
  deps: Pick<AuthDeps, 'call'>,
  subject: Subject,
  mail: {
    idempotencyKey: string;
    template: MailTemplate;
    parameters: Record<string, unknown>;
    /** The address of the account when left out. */
    to?: string;
  },
): Promise<void> {
  const { firstName } = subject;
  await deps.call('notification', SendMailDocument, {
    input: {
      idempotencyKey: mail.idempotencyKey,
      tenantId: subject.tenantId,
      tenantName: subject.tenantName,
      userId: subject.userId,
      to: mail.to ?? subject.email,
      locale: subject.locale,
      template: mail.template,
      parameters: { ...(firstName && { firstName }), ...mail.parameters },
    },
  });
}

/** A link of a mail: on the tenant's own address, which is configuration, never what a request says. */
export function linkTo(subject: Pick<Subject, 'publicUrl'>, page: string, code?: string): string {
  const link = new URL(`${subject.publicUrl.replace(/\/$/, '')}/${page}`);
  if (code) link.searchParams.set('code', code);
  return link.href;
}
