import { readFileSync } from 'node:fs';
import { passportEnvironment } from '@gatehouse/process';
import { expect, test } from 'vitest';
import { environmentKeys } from '../src/environment.ts';

test('.env.example lists every setting, and nothing else', () => {
  const text = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');
  const listed = [...text.matchAll(/^([A-Z_]+)=/gm)].map(([, key]) => key);
  const known = [...environmentKeys, ...Object.keys(passportEnvironment), 'SUBGRAPH_PORT_BASE'];
  expect(listed.sort()).toEqual(known.sort());
});
