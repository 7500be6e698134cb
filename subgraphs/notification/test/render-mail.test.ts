import { expect, test } from 'vitest';
import type { MailTemplate } from '../generated/resolvers.ts';
import { describeDuration } from '../src/mail/describe-time.ts';
import { renderMail } from '../src/mail/render-mail.ts';

const now = new Date('2026-11-22T21:00:00Z');
const link = 'https://id.example.com/confirm?code=abc_DEF-123&next=%2F';
const expiresAt = '2026-11-29T21:00:00Z';

const samples: Record<MailTemplate, Record<string, unknown>> = {
  CONFIRM_REGISTRATION: { link, expiresAt, firstName: 'Ada' },
  INVITATION: { link, expiresAt, firstName: 'Ada' },
  ADDRESS_ALREADY_REGISTERED: { link, resetLink: `${link}&reset=1`, firstName: 'Ada' },
  RESET_PASSWORD: { link, expiresAt, firstName: 'Ada' },
  PASSWORD_CHANGED: { occurredAt: now.toISOString(), ipAddress: '192.0.2.7', firstName: 'Ada' },
  CONFIRM_EMAIL_CHANGE: { link, expiresAt, firstName: 'Ada' },
  EMAIL_CHANGE_REQUESTED: { occurredAt: now.toISOString(), ipAddress: '192.0.2.7', firstName: 'Ada' },
  EMAIL_CHANGED: { occurredAt: now.toISOString(), ipAddress: '192.0.2.7', firstName: 'Ada' },
  SIGN_IN_CODE: { code: '012345', expiresAt: '2026-11-22T21:10:00Z', firstName: 'Ada' },
  SIGN_UP_CODE: { code: '012345', expiresAt: '2026-11-22T21:10:00Z', firstName: 'Ada' },
  SECOND_FACTOR_ADDED: { method: 'totp', occurredAt: now.toISOString(), firstName: 'Ada' },
  SECOND_FACTOR_REMOVED: { method: 'email', occurredAt: now.toISOString(), firstName: 'Ada' },
  ACCOUNT_LINKED: { provider: 'GitHub', account: 'ada', occurredAt: now.toISOString(), firstName: 'Ada' },
  ACCOUNT_UNLINKED: {
    provider: 'GitHub',
    occurredAt: now.toISOString(),
    ipAddress: '192.0.2.7',
    firstName: 'Ada',
  },
  BACKUP_CODE_USED: { codesLeft: 9, occurredAt: now.toISOString(), ipAddress: '192.0.2.7', firstName: 'Ada' },
  ACCOUNT_RESTRICTED: { occurredAt: now.toISOString(), firstName: 'Ada' },
  SECOND_FACTOR_LOCKED: { lockedUntil: '2026-11-22T21:15:00Z', firstName: 'Ada' },
  NEW_DEVICE_SIGN_IN: {
    device: 'Firefox on Linux',
    place: 'Berlin, DE',
    occurredAt: now.toISOString(),
    ipAddress: '192.0.2.7',
    firstName: 'Ada',
  },
  SIGN_IN_REFUSED: {
    device: 'curl',
    occurredAt: now.toISOString(),
    ipAddress: '192.0.2.7',
    firstName: 'Ada',
  },
  ACCOUNT_LOCKED: { lockedUntil: '2026-11-22T21:15:00Z', firstName: 'Ada' },
  API_KEY_CREATED: {
    name: 'deployments',
    start: 'gh_live_aB3d',
    occurredAt: now.toISOString(),
    expiresAt,
    ipAddress: '192.0.2.7',
    firstName: 'Ada',
  },
  SECURITY_ALERT: {
    rule: 'Too many failures',
    count: 5,
    windowSeconds: 300,
    eventType: 'LOGIN_FAILED',
    severity: 'MEDIUM',
    occurredAt: now.toISOString(),
    link,
    firstName: 'Ada',
  },
};
const templates = Object.keys(samples) as MailTemplate[];
const render = (template: MailTemplate, given: Record<string, unknown> = {}, tenantName = 'Acme') =>
  renderMail(template, { tenantName, parameters: { ...samples[template], ...given } }, now);

test.each(templates)(
  '%s greets, names the tenant and says why it came, in HTML and in text',
  async (template) => {
    const { subject, html, text } = await render(template);
    expect(subject).toContain('Acme');
    for (const body of [html, text]) {
      expect(body).toContain('Hello Ada,');
      expect(body).toContain('Acme');
      expect(body.replaceAll(/\s+/g, ' ')).toMatch(/You receive this mail because/);
    }
    expect(html).toMatch(/^<!doctype html>\n<html lang="en"/);
    expect(html).toContain('name="viewport"');
    expect(html).not.toMatch(/<img|<script|<link|url\(/);
    expect(text).not.toMatch(/<|&amp;|undefined|null/);
    if ('link' in samples[template]) {
      expect(html.match(/class="button"/g)).toHaveLength(1);
      expect(html).toContain(`href="${link.replaceAll('&', '&amp;')}"`);
      expect(text.split('\n')).toContain(link);
    }
  },
);

test('says until when a link is valid', async () => {
  const validity = '29 November 2026, 21:00 UTC (7 days)';
  for (const template of ['CONFIRM_REGISTRATION', 'INVITATION', 'RESET_PASSWORD'] as const) {
    const { html, text } = await render(template);
    expect(html).toContain(`valid until <strong>${validity}</strong>`);
    expect(text.replaceAll('\n', ' ')).toContain(`valid until ${validity}`);
  }
  expect((await render('ACCOUNT_LOCKED')).text.replaceAll('\n', ' ')).toContain(
    '22 November 2026, 21:15 UTC (15 minutes)',
  );
});

test('rounds durations as one would say them', () => {
  const hour = 3_600_000;
  const said = [
    30_000,
    60_000,
    15 * 60_000 - 800,
    hour - 800,
    24 * hour - 800,
    36 * hour,
    7 * 24 * hour - 800,
  ];
  expect(said.map(describeDuration)).toEqual([
    '1 minute',
    '1 minute',
    '15 minutes',
    '1 hour',
    '1 day',
    '2 days',
    '7 days',
  ]);
});

test('says that the username was taken only when it was', async () => {
  const said = async (requestedUsernameTaken: unknown) =>
    (await render('CONFIRM_REGISTRATION', { requestedUsernameTaken })).text.includes(
      'The username you asked for',
    );
  for (const value of [true, 'true', 'ada']) expect(await said(value)).toBe(true);
  for (const value of [false, 'false', '', null, undefined]) expect(await said(value)).toBe(false);
});

test('HTML and template code in names is harmless, line breaks do not reach the subject', async () => {
  const firstName = '<img src=x onerror=alert(1)> {{ link }} {% raw %}';
  const { html, text, subject } = await render(
    'CONFIRM_REGISTRATION',
    { firstName },
    'Acme</title><script>alert(2)</script>\r\nBcc: x@y.example',
  );
  expect(html).not.toMatch(/<img|<script|onerror=[^&]*>/);
  expect(html).toContain('&lt;img src=x onerror=alert(1)&gt; {{ link }} {% raw %}');
  expect(text).toContain(firstName);
  expect(subject).toBe('Confirm your registration at Acme</title><script>alert(2)</script> Bcc: x@y.example');
});

test('greets without a name when there is none', async () => {
  expect((await render('RESET_PASSWORD', { firstName: null })).text).toContain('Hello,');
});
