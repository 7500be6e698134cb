import { readFileSync } from 'node:fs';
import { ownDatabaseEnvironment, passportEnvironment } from '@gatehouse/process';
import { readEnvironment } from '@gatehouse/service-kit';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { environmentSchema } from '../src/environment.ts';

const text = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');
const listed = [...text.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(
  ([, key = '', value = '']) => [key, value] as const,
);

test('.env.example lists every setting, and nothing else', () => {
  const known = [
    ...Object.keys(environmentSchema.shape),
    ...Object.keys(passportEnvironment),
    'SUBGRAPH_PORT_BASE',
    ...Object.keys(ownDatabaseEnvironment),
  ];
  expect(listed.map(([key]) => key).sort()).toEqual(known.sort());
});

test('the values of .env.example are what holds without them', () => {
  const schema = z.object({ ...environmentSchema.shape, ...passportEnvironment });
  const given = readEnvironment(schema, Object.fromEntries(listed));
  // Of the machine, and of the port.
  const { PASSWORD_THREADS: _, PUBLIC_URL, ...values } = given;
  expect(PUBLIC_URL).toBe(`http://localhost:${values.PORT}`);
  expect(readEnvironment(schema, {})).toMatchObject(values);
});
