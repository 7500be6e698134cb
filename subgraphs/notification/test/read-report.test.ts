import { expect, test } from 'vitest';
import { readReport } from '../src/reports/read-report.ts';
import { findReportIds, messageIdOf, returnPathOf } from '../src/reports/report-id.ts';

const id = '0199f2d3a4b57c6d8e9fa0b1c2d3e4f50123456789abcdef';
const reportIds = [{ deliveryId: '0199f2d3-a4b5-7c6d-8e9f-a0b1c2d3e4f5', token: '0123456789abcdef' }];
const lines = (...text: string[]) => Buffer.from(text.join('\r\n'));

/** As mail servers write them, addresses changed. What each keeps of the mail differs. */
const statuses: Record<string, [Buffer, { address: string; action: string; status: string | null }]> = {
  'Postfix, to the envelope sender': [
    lines(
      'Return-Path: <>',
      'Date: Mon, 23 Nov 2026 12:00:00 +0000 (UTC)',
      'From: MAILER-DAEMON@mx.example.net (Mail Delivery System)',
      'Subject: Undelivered Mail Returned to Sender',
      `To: bounces+${id}@id.example`,
      'Auto-Submitted: auto-replied',
      'MIME-Version: 1.0',
      'Content-Type: multipart/report; report-type=delivery-status;',
      '\tboundary="4C1A22E0F.1763899200/mx.example.net"',
      'Message-Id: <20261123120000.5D2F12E11@mx.example.net>',
      '',
      'This is a MIME-encapsulated message.',
      '',
      '--4C1A22E0F.1763899200/mx.example.net',
      'Content-Description: Notification',
      'Content-Type: text/plain; charset=us-ascii',
      '',
      "I'm sorry to have to inform you that your message could not",
      'be delivered to one or more recipients. Final-Recipient: rfc822; not@this.example',
      '',
      '--4C1A22E0F.1763899200/mx.example.net',
      'Content-Description: Delivery report',
      'Content-Type: message/delivery-status',
      '',
      'Reporting-MTA: dns; mx.example.net',
      'X-Postfix-Queue-ID: 4C1A22E0F',
      `X-Postfix-Sender: rfc822; bounces+${id}@id.example`,
      'Arrival-Date: Mon, 23 Nov 2026 11:59:59 +0000 (UTC)',
      '',
      'Final-Recipient: rfc822; ada@people.example',
      'Original-Recipient: rfc822;ada@people.example',
      'Action: failed',
      'Status: 5.1.1',
      'Remote-MTA: dns; mail.people.example',
      'Diagnostic-Code: smtp; 550 5.1.1 <ada@people.example>: Recipient address rejected:',
      '    User unknown in local recipient table',
      '',
      '--4C1A22E0F.1763899200/mx.example.net',
      'Content-Description: Undelivered Message Headers',
      'Content-Type: text/rfc822-headers',
      '',
      'Subject: Reset your password',
      'Message-ID: <rewritten@relay.example>',
      '',
      '--4C1A22E0F.1763899200/mx.example.net--',
    ),
    { address: 'ada@people.example', action: 'failed', status: '5.1.1' },
  ],
  'Exim, that says 5.0.0 and quotes the other server': [
    lines(
      'From: Mail Delivery System <Mailer-Daemon@relay.example>',
      'To: no-reply@id.example',
      'References: <other@mail.example>',
      'Content-Type: multipart/report; report-type=delivery-status; boundary=1763899200-eximdsn-1804289383',
      'MIME-Version: 1.0',
      'Subject: Mail delivery failed: returning message to sender',
      '',
      '--1763899200-eximdsn-1804289383',
      'Content-type: text/plain; charset=us-ascii',
      '',
      'A message that you sent could not be delivered to one or more of its recipients.',
      '',
      '--1763899200-eximdsn-1804289383',
      'Content-type: message/delivery-status',
      '',
      'Reporting-MTA: dns; relay.example',
      '',
      'Action: failed',
      'Final-Recipient: rfc822;ada@people.example',
      'Status: 5.0.0',
      'Remote-MTA: dns; mail.people.example',
      'Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist.',
      ' 550 5.1.1 https://support.people.example',
      '',
      '--1763899200-eximdsn-1804289383',
      'Content-type: message/rfc822',
      '',
      'Return-path: <no-reply@id.example>',
      'Received: from [192.0.2.1] by relay.example',
      `Message-ID: ${messageIdOf(id)}`,
      'Subject: Reset your password',
      'MIME-Version: 1.0',
      'Content-Type: text/plain',
      '',
      'https://id.example/reset?code=abc',
      '',
      '--1763899200-eximdsn-1804289383--',
      '',
    ),
    { address: 'ada@people.example', action: 'failed', status: '5.1.1' },
  ],
  'Exchange, whose status part is base64, with ENVID alone': [
    lines(
      'From: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@people.example>',
      'To: <no-reply@id.example>',
      'MIME-Version: 1.0',
      'Content-Type: multipart/report; report-type=delivery-status;',
      '\tboundary="_5b4d_"',
      'Subject: Undeliverable: Reset your password',
      '',
      '--_5b4d_',
      'Content-Type: multipart/alternative; boundary="_6c_"',
      '',
      '--_6c_',
      'Content-Type: text/html; charset="utf-8"',
      '',
      '<p>Your message couldn’t be delivered</p>',
      '--_6c_--',
      '--_5b4d_',
      'Content-Type: message/delivery-status',
      'Content-Transfer-Encoding: base64',
      '',
      Buffer.from(
        [
          'Reporting-MTA: dns;EXCH01.people.example',
          `Original-Envelope-Id: ${id.toUpperCase()}`,
          'Received-From-MTA: dns;relay.example',
          '',
          'Final-Recipient: RFC822;<Ada@People.example>',
          'Action: Failed',
          'Status: 5.1.10',
          'Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found',
          'X-Display-Name: Ada',
          '',
        ].join('\r\n'),
      ).toString('base64'),
      '--_5b4d_--',
    ),
    { address: 'Ada@People.example', action: 'failed', status: '5.1.10' },
  ],
  'Gmail, about a mail that is late, whose Message-ID a relay has changed': [
    lines(
      'Delivered-To: bounces@id.example',
      'Return-Path: <>',
      'From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>',
      'To: bounces@id.example',
      'Subject: Delivery Status Notification (Delay)',
      'MIME-Version: 1.0',
      'Content-Type: multipart/report; boundary="000000000000a1"; report-type=delivery-status',
      '',
      '--000000000000a1',
      'Content-Type: multipart/related; boundary="000000000000a2"',
      '',
      '--000000000000a2',
      'Content-Type: text/plain; charset="UTF-8"',
      '',
      '** Delivery incomplete **',
      '--000000000000a2--',
      '--000000000000a1',
      'Content-Type: message/delivery-status',
      '',
      'Reporting-MTA: dns; googlemail.com',
      'Arrival-Date: Mon, 23 Nov 2026 04:00:00 -0800 (PST)',
      'X-Original-Message-ID: <0100@email.provider.example>',
      '',
      'Final-Recipient: rfc822; ada@people.example',
      'Action: delayed',
      'Status: 4.4.1',
      'Diagnostic-Code: smtp; The recipient server did not accept our requests to connect.',
      'Will-Retry-Until: Wed, 25 Nov 2026 04:00:00 -0800 (PST)',
      '',
      '--000000000000a1',
      'Content-Type: message/rfc822',
      '',
      'Message-ID: <0100@email.provider.example>',
      `X-Gatehouse-Report: ${id}`,
      'To: ada@people.example',
      '',
      '--000000000000a1--',
    ),
    { address: 'ada@people.example', action: 'delayed', status: '4.4.1' },
  ],
};

test.each(Object.entries(statuses))('%s', async (_, [mail, recipient]) => {
  expect(await readReport(mail)).toEqual({ kind: 'delivery-status', reportIds, recipients: [recipient] });
});

test('a complaint as RFC 5965 shows it, with nothing in it of whom it is from', async () => {
  const report = await readReport(
    lines(
      'From: <feedback@provider.example>',
      'To: <abuse@id.example>',
      'Subject: FW: Reset your password',
      'MIME-Version: 1.0',
      'Content-Type: multipart/report; report-type=feedback-report;',
      '     boundary="part1_13d.2e68ed54_boundary"',
      '',
      '--part1_13d.2e68ed54_boundary',
      'Content-Type: text/plain; charset="US-ASCII"',
      'Content-Transfer-Encoding: 7bit',
      '',
      'This is an email abuse report for an email message.',
      '--part1_13d.2e68ed54_boundary',
      'Content-Type: message/feedback-report',
      '',
      'Feedback-Type: Abuse',
      'User-Agent: SomeGenerator/1.0',
      'Version: 1',
      `Original-Mail-From: <${returnPathOf('bounces@id.example', id)}>`,
      'Original-Rcpt-To: <redacted@provider.example>',
      '',
      '--part1_13d.2e68ed54_boundary',
      'Content-Type: message/rfc822',
      'Content-Disposition: inline',
      '',
      'From: <no-reply@id.example>',
      `Message-ID: ${messageIdOf(id)}`,
      'To: redacted',
      '',
      'Spam Spam Spam',
      '--part1_13d.2e68ed54_boundary--',
    ),
  );
  expect(report).toEqual({ kind: 'feedback', reportIds, type: 'abuse' });
});

test('a mail that says such things in its own words is no report', async () => {
  const said = ['Content-Type: message/delivery-status', '', `Original-Envelope-Id: ${id}`, 'Status: 5.1.1'];
  for (const type of ['text/plain', 'text/html', 'multipart/report; boundary=x'])
    expect(await readReport(lines(`Content-Type: ${type}`, 'Subject: Re', '', ...said))).toBeNull();
  // The status of a mail that is attached to another.
  const attached = ['Content-Type: message/rfc822', '', ...said];
  expect(
    await readReport(lines('Content-Type: multipart/mixed; boundary=x', '', '--x', ...attached, '--x--')),
  ).toBeNull();
});

test('what is made to be slow or to be much is not', async () => {
  const nested = Array.from(
    { length: 50 },
    (_, i) => `Content-Type: multipart/mixed; boundary=b${i}\n\n--b${i}\n`,
  );
  await expect(readReport(Buffer.from(nested.join('')))).rejects.toThrow('nesting');
  const status = 'Content-Type: message/delivery-status\n\na: b\n\n';
  const blank = ' '.repeat(100_000);
  for (const slow of [`final-recipient: x;${blank}>>`, `a:\n${blank}`, `status: ${'5.'.repeat(50_000)}`]) {
    const began = performance.now();
    expect(await readReport(Buffer.from(status + slow))).toMatchObject({ reportIds: [] });
    expect(performance.now() - began).toBeLessThan(2_000);
  }
  const many = await readReport(Buffer.from(`${status}${'action: failed\n\n'.repeat(5_000)}`));
  expect(many).toMatchObject({ recipients: { length: 19 } });
});

test('a report id is 48 hexadecimal digits, and no part of anything longer', () => {
  expect(findReportIds(returnPathOf('bounces@id.example', id))).toEqual(reportIds);
  for (const other of [`a${id}`, `${id}0`, id.slice(1), `${id}g`, ''])
    expect(findReportIds(other), other).toEqual([]);
});
