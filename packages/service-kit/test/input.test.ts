import { readInput } from '@gatehouse/service-kit';
import { expect, test } from 'vitest';
import { z } from 'zod';

const shape = z.object({ name: z.string().max(5), tags: z.array(z.string()).optional() });

const fieldsOf = (input: unknown) => {
  try {
    return readInput(shape, input);
  } catch (error) {
    return (error as { extensions: { code: string; fields: { path: string }[] } }).extensions;
  }
};

test('names every field that breaks a rule, and repeats no value', () => {
  expect(readInput(shape, { name: 'Ada' })).toEqual({ name: 'Ada' });
  const refused = fieldsOf({ name: 'a secret', tags: [1] });
  expect(refused).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'name' }, { path: 'tags.0' }] });
  expect(JSON.stringify(refused)).not.toContain('a secret');
});

test('refuses what PostgreSQL can’t store, in any field', () => {
  const refusal = { code: 'BAD_USER_INPUT', fields: [{ path: 'tags.1' }] };
  expect(fieldsOf({ name: 'Ada', tags: ['fine', 'NUL \0'] })).toMatchObject(refusal);
  expect(fieldsOf({ name: 'Ada', tags: ['fine', 'half \ud83d'] })).toMatchObject(refusal);
  expect(fieldsOf({ name: '😀', tags: ['whole 😀'] })).toEqual({ name: '😀', tags: ['whole 😀'] });
});
