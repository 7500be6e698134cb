import { Writable } from 'node:stream';
import { createLogger, type Logger } from '@gatehouse/service-kit';
import { expect, test } from 'vitest';

function logged(write: (logger: Logger) => void): string {
  let written = '';
  const sink = new Writable({
    write(chunk, _, done) {
      written += String(chunk);
      done();
    },
  });
  write(createLogger({ name: 'test', level: 'info' }, sink));
  return written;
}

test('secrets are censored by their key, at the top and below; the code of an error is none', () => {
  const written = logged((logger) => {
    const nested = { a: { b: { refreshToken: 'hunter4' } } };
    logger.info({ password: 'hunter2', input: { newPassword: 'hunter3', code: 'hunter5' }, ...nested }, 'x');
    logger.info({ headers: { authorization: 'Bearer hunter6' }, userId: 'u1' }, 'y');
    logger.info({ err: Object.assign(new Error('no'), { code: 'FORBIDDEN' }) }, 'z');
  });
  expect(written).not.toMatch(/hunter\d/);
  expect(written).toContain('u1');
  expect(written).toContain('FORBIDDEN');
});

test('a failed statement is logged without its values, wherever it stands', () => {
  const cause = Object.assign(new Error('duplicate key value violates unique constraint "users_email"'), {
    code: '23505',
    detail: 'Key (email)=(hunter1@example.com) already exists.',
  });
  const statement = Object.assign(new Error('Failed query: insert … params: hunter2', { cause }), {
    query: 'insert',
    params: ['hunter3'],
  });
  const written = logged((logger) => {
    logger.error({ err: statement }, 'x');
    logger.error({ err: new Error('outer', { cause: statement }) }, 'y');
  });
  expect(written).not.toMatch(/hunter\d/);
  expect(written.match(/users_email/g)?.length).toBeGreaterThan(1);
  expect(written).toContain('outer');
});
