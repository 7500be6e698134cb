import { afterAll, beforeAll, expect, it } from 'vitest';
import { auditedMutations, unaudited } from '../src/audit/audited-mutations.ts';
import { startAuth, type TestAuth } from './harness.ts';

let auth: TestAuth;
beforeAll(async () => {
  auth = await startAuth({ started: false });
});
afterAll(() => auth.stop());

it('covers every mutation', () => {
  const fields = Object.keys(auth.subgraph.schema.getMutationType()?.getFields() ?? {});
  expect([...Object.keys(auditedMutations), ...unaudited].toSorted()).toEqual(fields.toSorted());
});
