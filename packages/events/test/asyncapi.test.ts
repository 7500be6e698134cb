import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import specification from '@asyncapi/specs/schemas/3.0.0.json' with { type: 'json' };
import { Ajv } from 'ajv';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { roleEvent } from './contract/events.ts';

const document = parse(readFileSync(new URL('../../../docs/asyncapi.yaml', import.meta.url), 'utf8'));
const ajv = (options = {}) => new Ajv({ strict: false, validateFormats: false, logger: false, ...options });

it('docs/asyncapi.yaml is AsyncAPI 3.0', () => {
  // It brings draft 07 with it.
  const validator = ajv({ meta: false, validateSchema: false });
  validator.validate(specification, document);
  expect(validator.errors ?? []).toEqual([]);
});

it('describes what is published, and nothing else', () => {
  const validator = ajv();
  const fits = validator.compile(document.components.messages.user_roles_changed.payload);
  const event = roleEvent(randomUUID(), 1);
  expect(fits(event)).toBe(true);
  expect(fits({ ...event, specversion: '0.3' })).toBe(false);
  expect(fits({ ...event, data: { ...(event.data as object), secret: 'x' } })).toBe(false);
  expect(Object.keys(document.components.messages).some((name) => name.startsWith('auth_'))).toBe(false);
});
