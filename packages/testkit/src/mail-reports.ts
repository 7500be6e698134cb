import MimeNode from 'nodemailer/lib/mime-node';

type Reported = {
  /** Of the mail that the report is about, as its headers come back. */
  headers: Record<string, string>;
  /** Whom the report goes to. */
  to?: string;
};

/** A delivery status notification (RFC 3464), as a mail server sends it to the envelope sender. */
export const bounceMail = (
  given: Reported & { recipient: string; status?: string; action?: string; envelopeId?: string },
): Promise<Buffer> => {
  const { recipient, status = '5.1.1', action = 'failed', envelopeId } = given;
  const [ofMessage, ofRecipient] = [
    { 'Reporting-MTA': 'dns; mx.example.net', ...(envelopeId && { 'Original-Envelope-Id': envelopeId }) },
    { 'Final-Recipient': `rfc822; ${recipient}`, Action: action, Status: status },
  ];
  const fields = `${fieldsOf(ofMessage)}\r\n${fieldsOf(ofRecipient)}`;
  return report('delivery-status', { type: 'message/delivery-status', fields }, given);
};

/** A feedback report (RFC 5965), as a provider sends it when somebody calls a mail unwanted. */
export const complaintMail = (given: Reported & { type?: string }): Promise<Buffer> => {
  const fields = { 'Feedback-Type': given.type ?? 'abuse', 'User-Agent': 'Example/1.0', Version: '1' };
  return report(
    'feedback-report',
    { type: 'message/feedback-report', fields: fieldsOf(fields) },
    { to: 'feedback@example.org', ...given },
  );
};

const fieldsOf = (fields: Record<string, string>): string =>
  Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');

/** RFC 6522: words, fields, and what came back of the mail. */
function report(
  type: string,
  { type: contentType, fields }: { type: string; fields: string },
  { headers, to = 'bounces@example.org' }: Reported,
): Promise<Buffer> {
  const root = new MimeNode(`multipart/report; report-type=${type}`);
  root.setHeader({ from: 'Mail Delivery System <mailer-daemon@example.net>', to, subject: 'Report' });
  root.createChild('text/plain').setContent('This is a report about a mail.');
  root.createChild(contentType).setContent(fields);
  root.createChild('text/rfc822-headers').setContent(fieldsOf(headers));
  return root.build();
}
