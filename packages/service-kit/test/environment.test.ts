import { env, readEnvironment, StartupError } from '@gatehouse/service-kit';
import { expect, test } from 'vitest';
import { z } from 'zod';

const schema = z.object({
  PORT: env.port(4000),
  DATABASE_URL: env.url('postgres', 'postgresql').optional(),
  VERBOSE: env.flag(false),
});

test('defaults fill what is not set, empty values count as not set', () => {
  expect(readEnvironment(schema, { PORT: '', VERBOSE: '1' })).toEqual({ PORT: 4000, VERBOSE: true });
});

test('every wrong value is named at once, and none is repeated', () => {
  const read = () =>
    readEnvironment(schema, { PORT: 'door', DATABASE_URL: 'http://u:hunter2@x', VERBOSE: 'perhaps' });
  expect(read).toThrow(StartupError);
  expect(read).toThrow(/PORT.*\n.*DATABASE_URL: must be a postgres or postgresql URL\n.*VERBOSE/);
  expect(read).not.toThrow(/hunter2/);
});
