import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Liquid } from 'liquidjs';
import { describeTime } from '../mail/describe-time.ts';
import type { MailboxMessage } from '../tables/mailbox-message.ts';

const liquid = new Liquid({
  outputEscape: 'escape',
  strictVariables: true,
  lenientIf: true,
  ownPropertyOnly: true,
});
const template = liquid.parse(readFileSync(fileURLToPath(new URL('page.liquid', import.meta.url)), 'utf8'));

/** The mailbox as a page. Mails are shown in a frame that runs no script and loads nothing from outside. */
export function mailboxPage(view: {
  list: MailboxMessage[];
  to: string | undefined;
  selected: MailboxMessage | undefined;
}): { html: string; headers: Record<string, string> } {
  const nonce = randomBytes(16).toString('base64');
  const shown = (message: MailboxMessage) => ({
    ...message,
    title: message.channel === 'sms' ? `SMS: ${message.text}` : message.subject,
    createdAt: describeTime(message.createdAt),
  });
  const query = view.to === undefined ? '' : `&to=${encodeURIComponent(view.to)}`;
  return {
    html: liquid.renderSync(template, {
      nonce,
      to: view.to,
      list: view.list.map((message) => ({
        ...shown(message),
        href: `?message=${message.id}${query}`,
        current: message.id === view.selected?.id,
      })),
      // Links in the mail open in a tab of their own: the frame itself goes nowhere.
      selected: view.selected && {
        ...shown(view.selected),
        frame: view.selected.html.replace('<head>', '<head><base target="_blank">'),
      },
    }),
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': `default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-${nonce}'; connect-src 'self'; img-src data:; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    },
  };
}
