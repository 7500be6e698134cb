import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEnvironment, StartupError } from '@gatehouse/service-kit';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { notificationConfigOf, notificationEnvironment } from '../src/index.ts';
import { smtpServerOf } from '../src/smtp/smtp-url.ts';

const shape = z.object({ ...notificationEnvironment, NODE_ENV: z.string().optional() });
const read = (given: Record<string, string>) => notificationConfigOf(readEnvironment(shape, given));
const refusal = (given: Record<string, string>): string => {
  try {
    read(given);
  } catch (error) {
    expect(error).toBeInstanceOf(StartupError);
    return (error as Error).message;
  }
  return '';
};
const pem = (type: 'rsa' | 'ed25519', modulusLength = 2048): string =>
  (type === 'rsa'
    ? generateKeyPairSync('rsa', { modulusLength })
    : generateKeyPairSync('ed25519')
  ).privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;

test('a URL says whether TLS is demanded', () => {
  const plain = { secure: false, requireTLS: false, auth: undefined };
  const auth = { user: 'a@b', pass: 'p:w' };
  expect(smtpServerOf('smtp://mail.example')).toEqual({ host: 'mail.example', port: 587, ...plain });
  expect(smtpServerOf('smtp://[::1]:25')).toMatchObject({ host: '::1', port: 25 });
  expect(smtpServerOf('smtp://mail.example?requireTLS=true')).toMatchObject({ requireTLS: true });
  expect(smtpServerOf('smtp://a%40b:p%3Aw@mail.example')).toMatchObject({ requireTLS: true, auth });
  expect(smtpServerOf('smtp://a%40b:p%3Aw@relay:25?requireTLS=false')).toMatchObject({ ...plain, auth });
  expect(smtpServerOf('smtps://mail.example')).toMatchObject({ port: 465, secure: true, requireTLS: true });
});

test.each([
  ['http://mail.example', 'must be a smtp or smtps URL'],
  ['smtp://ada@mail.example', 'must have both user and password, or none'],
  ['smtps://mail.example?requireTLS=false', 'must not have requireTLS=false: smtps is TLS'],
  ['smtps://mail.example?tls.rejectUnauthorized=false', 'knows no parameter but requireTLS, true or false'],
  [
    'smtp://mail.example?requireTLS=true&requireTLS=false',
    'knows no parameter but requireTLS, true or false',
  ],
  ['smtp://mail.example?requireTLS=maybe', 'knows no parameter but requireTLS, true or false'],
  ['smtp://a:s3cret%E0%A4%A@mail.example', 'must have user and password percent-encoded'],
  ['smtp://mail.example/inbox', 'must end with the host and port'],
])('%s is refused', (url, reason) => {
  const message = refusal({ SMTP_URL: url });
  expect(message).toBe(`The environment is not valid:\n  SMTP_URL: ${reason}`);
});

test('DKIM: all of it or nothing, and a key that can sign', () => {
  const known = { DKIM_DOMAIN: 'acme.example', DKIM_SELECTOR: '2026' };
  const key = pem('rsa');
  expect(read({}).dkim).toBeNull();
  const inOneLine = key.trim().replaceAll('\n', '\\n');
  const file = join(mkdtempSync(join(tmpdir(), 'gatehouse-dkim-')), 'key.pem');
  writeFileSync(file, key);
  const dkim = { domain: 'acme.example', selector: '2026', privateKey: key.trim() };
  expect(read({ ...known, DKIM_PRIVATE_KEY: inOneLine }).dkim).toEqual(dkim);
  expect(read({ ...known, DKIM_PRIVATE_KEY_FILE: file }).dkim).toEqual(dkim);

  for (const half of [
    known,
    { DKIM_PRIVATE_KEY: key },
    { ...known, DKIM_PRIVATE_KEY: key, DKIM_PRIVATE_KEY_FILE: file },
  ])
    expect(refusal(half)).toContain('are set together or not at all');
  expect(refusal({ ...known, DKIM_PRIVATE_KEY: 'nonsense' })).toBe(
    'DKIM_PRIVATE_KEY: must be a private key in PEM, without a passphrase',
  );
  for (const weak of [pem('ed25519'), pem('rsa', 1024)])
    expect(refusal({ ...known, DKIM_PRIVATE_KEY: weak })).toContain('an RSA key of 2048 bits or more');
  expect(refusal({ ...known, DKIM_PRIVATE_KEY_FILE: '/nowhere' })).toContain('ENOENT');
  expect(refusal({ ...known, DKIM_DOMAIN: 'not a domain', DKIM_PRIVATE_KEY: key })).toContain(
    'must be a domain',
  );
});

test('where mails are sent back to has to be of the domain that they come from', () => {
  const from = 'Acme <no-reply@id.acme.example>';
  expect(read({ MAIL_FROM: from })).toMatchObject({ mailReturnPath: null, mailReportsSecret: null });
  for (const domain of ['id.acme.example', 'acme.example', 'mail.id.acme.example'])
    expect(read({ MAIL_FROM: from, MAIL_RETURN_PATH: `bounces@${domain}` }).mailReturnPath).toContain(domain);
  for (const domain of ['other.example', 'badacme.example', 'example.id.acme'])
    expect(refusal({ MAIL_FROM: from, MAIL_RETURN_PATH: `bounces@${domain}` })).toContain('MAIL_RETURN_PATH');
  for (const local of ['', 'bounces+of', 'a-local-part-that-leaves-no-room'])
    expect(refusal({ MAIL_FROM: from, MAIL_RETURN_PATH: `${local}@acme.example` })).toContain('at most 15');
});

test('the secret of mail reports is long, fits a header, and is not repeated', () => {
  for (const secret of ['short', `${'x'.repeat(40)} y`]) {
    const said = refusal({ MAIL_REPORTS_SECRET: secret });
    expect(said).toContain('MAIL_REPORTS_SECRET: must have at least 32 characters');
    expect(said).not.toContain(secret);
  }
});
