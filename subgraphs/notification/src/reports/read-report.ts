import type { Email } from 'postal-mime';
import { type Fields, fieldGroupsOf } from './fields.ts';
import { findReportIds, type ReportId, reportHeader } from './report-id.ts';

/** What a mail server says became of a mail for one recipient. */
export type RecipientStatus = {
  /** Whom it could not hand it to: only ever compared, never written to. */
  address: string;
  action: string;
  /** An enhanced status code (RFC 3463). */
  status: string | null;
};

/** A report of a mail, as far as it is believed: which mail it is about is for `reportIds` to prove. */
export type MailReport = { reportIds: ReportId[] } & (
  | { kind: 'delivery-status'; recipients: RecipientStatus[] }
  | { kind: 'feedback'; type: string }
);

/** A report is three parts of one level; whoever nests further has other plans. */
const limits = { maxNestingDepth: 8, maxHeadersSize: 65_536 };

/** Where mail servers write the address that a mail came to. */
const addressedTo = ['to', 'delivered-to', 'x-original-to', 'envelope-to', 'x-envelope-to'];

/** Of the mail that the report is about. */
const returnedFields = ['message-id', reportHeader, 'return-path'];

const statusType = /^message\/(global-)?delivery-status$/;
const feedbackType = 'message/feedback-report';
const returnedType = /^(message\/(rfc822|global)|(text\/rfc822|message\/global)-headers)$/;

/**
 * Reads a raw mail (RFC 5322): a delivery status notification (RFC 3464), a feedback report (RFC 5965), or null for any other mail. An Error
 * past the limits.
 */
export async function readReport(raw: Uint8Array): Promise<MailReport | null> {
  const { default: PostalMime } = await import('postal-mime');
  const mail = await PostalMime.parse(raw, { ...limits, forceRfc822Attachments: true });
  const status = partOf(mail, statusType);
  const feedback = partOf(mail, feedbackType);
  if (status) {
    const [ofMessage, ...ofRecipients] = fieldGroupsOf(status);
    const ids = [ofMessage?.get('original-envelope-id'), ...placesIn(mail)];
    return { kind: 'delivery-status', reportIds: idsOf(ids), recipients: ofRecipients.map(recipientOf) };
  }
  if (feedback) {
    const [fields] = fieldGroupsOf(feedback);
    const type = /^[a-z-]{1,40}$/.exec(fields?.get('feedback-type')?.toLowerCase() ?? '')?.[0] ?? 'other';
    const ids = [fields?.get('original-envelope-id'), fields?.get('original-mail-from'), ...placesIn(mail)];
    return { kind: 'feedback', reportIds: idsOf(ids), type };
  }
  return null;
}

function partOf({ attachments }: Email, type: RegExp | string): string | null {
  const part = attachments.find(({ mimeType }) =>
    typeof type === 'string' ? mimeType === type : type.test(mimeType),
  );
  if (!part) return null;
  return typeof part.content === 'string' ? part.content : new TextDecoder().decode(part.content);
}

/** Everything in the report, besides its status part, that may name the mail. */
function placesIn(mail: Email): (string | undefined)[] {
  const returned = fieldGroupsOf(partOf(mail, returnedType) ?? '')[0];
  return [
    ...mail.headers.filter(({ key }) => addressedTo.includes(key)).map(({ value }) => value),
    ...returnedFields.map((name) => returned?.get(name)),
  ];
}

function idsOf(places: (string | undefined)[]): ReportId[] {
  const found = places.flatMap((place) => findReportIds(place ?? ''));
  return [...new Map(found.map((id) => [id.deliveryId + id.token, id])).values()];
}

function recipientOf(fields: Fields): RecipientStatus {
  // `rfc822; ada@example.com`, by some with angle brackets.
  const [, address = ''] = fields.get('final-recipient')?.split(';', 2) ?? [];
  const action = /^[a-z]+/.exec(fields.get('action')?.toLowerCase() ?? '')?.[0] ?? '';
  return { address: address.replaceAll(/[<>\s]/g, ''), action, status: statusOf(fields) };
}

/** The most that is said: some servers (Exim) write `5.0.0` and leave the rest to the diagnostic, where the other server's answer stands. */
function statusOf(fields: Fields): string | null {
  const [said] = /^[245]\.\d{1,3}\.\d{1,3}(?!\d)/.exec(fields.get('status') ?? '') ?? [];
  if (said && !said.endsWith('.0.0')) return said;
  const [, quoted] =
    /(?<!\d)[245]\d\d[ -]#?([245]\.\d{1,3}\.\d{1,3})(?!\d)/.exec(fields.get('diagnostic-code') ?? '') ?? [];
  return quoted ?? said ?? null;
}
