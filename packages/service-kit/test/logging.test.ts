import { Writable } from 'node:stream';
import { createLogger } from '@gatehouse/service-kit';
import { expect, test } from 'vitest';

test('secrets are censored by their key, at the top and below', () => {
  let written = '';
  const sink = new Writable({
    write(chunk, _, done) {
      written += String(chunk);
      done();
    },
  });
  const logger = createLogger({ name: 'test', level: 'info' }, sink);
  logger.info(
    { password: 'hunter2', input: { newPassword: 'hunter3' }, a: { b: { refreshToken: 'hunter4' } } },
    'x',
  );
  logger.info(
    {
      headers: { authorization: 'Bearer hunter5' },
      input: { code: 'hunter6' },
      err: { code: 'FORBIDDEN' },
      userId: 'u1',
    },
    'y',
  );
  expect(written).not.toMatch(/hunter\d/);
  expect(written).toMatch(/u1|FORBIDDEN/);
});
