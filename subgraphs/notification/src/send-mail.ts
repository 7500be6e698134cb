import type { Database } from '@gatehouse/data';
import { readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import type { MailTemplate } from '../generated/resolvers.ts';
import { acceptMessage, type PreparedMessage } from './accept-message.ts';
import { renderMail } from './mail/render-mail.ts';
import { mailTemplates } from './mail/templates.ts';
import type { TenantBrands } from './tenant-brands.ts';

/** One address: nothing that a mail program could read as a list, a comment or a second header. */
const address = z
  .string()
  .max(254)
  .regex(/^[^\s@"(),:;<>[\]\\\p{C}]+@[^\s@"(),:;<>\\\p{C}]+$/u, 'must be an e-mail address');

const mailInput = z.object({
  idempotencyKey: z.string().min(1).max(200),
  tenantId: z.uuid(),
  tenantName: z.string().trim().min(1).max(200),
  userId: z.uuid().nullish(),
  to: address,
  locale: z.string().max(35),
  template: z.enum(Object.keys(mailTemplates) as [MailTemplate, ...MailTemplate[]]),
  parameters: z.record(z.string(), z.unknown()),
});

export type MailRequest = z.input<typeof mailInput>;

/**
 * Renders a mail and accepts it for delivery: durable once answered, one mail per idempotency key. BAD_USER_INPUT when
 * the address or a parameter is not valid.
 */
export async function sendMail(
  deps: { database: Database; brands: TenantBrands },
  request: MailRequest,
): Promise<void> {
  const mail = await prepareMail(deps, request);
  await deps.database.transaction((tx) => acceptMessage(tx, mail));
}

/** The part of `sendMail` that needs no transaction. */
export async function prepareMail(
  { brands }: { brands: TenantBrands },
  request: MailRequest,
): Promise<PreparedMessage> {
  const input = readInput(mailInput, request);
  const { idempotencyKey, tenantId, userId, to: recipient, template } = input;
  const brand = await brands.of(tenantId);
  const { senderName, senderAddress } = brand;
  return {
    idempotencyKey,
    tenantId,
    userId,
    channel: 'email',
    recipient,
    senderName,
    senderAddress,
    template,
    ...(await renderMail(template, { ...input, brand })),
  };
}
