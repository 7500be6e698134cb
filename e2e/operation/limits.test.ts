import { GatehouseClient, people } from '@gatehouse/testkit/clients';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDeployment, type Deployment } from '../topology/deployment.ts';

/** A whole deployment with small quotas, as somebody meets it who tries to get around them. */

let deployment: Deployment;
let anyone: GatehouseClient;
beforeAll(async () => {
  deployment = await createDeployment('standalone', {
    TRUSTED_PROXIES: '',
    BATCH_LIMIT: '10',
    RATE_ADDRESS: '40',
    RATE_TOKEN_FAILURES: '5',
    RATE_OPERATIONS: 'login=6',
  });
  await deployment.start();
  anyone = new GatehouseClient({ url: deployment.url });
});
afterAll(() => deployment.remove());

const login = (times: number) =>
  `mutation { ${Array.from({ length: times }, (_, n) => `a${n}: login(input: { identifier: "nobody", password: "guess ${n}" }) { __typename }`).join(' ')} }`;
const codesOf = (text: string) =>
  (JSON.parse(text) as { errors?: { extensions: { code: string } }[] }[]).map(
    ({ errors }) => errors?.[0]?.extensions.code,
  );

test('guessing passwords ends at the quota, by alias, by list, by forged address', async () => {
  const { administrator } = deployment;
  const admin = await people({ url: deployment.url, administrator }).administrator();
  expect(await anyone.refusal(login(3))).toBe('INVALID_CREDENTIALS');
  expect(await anyone.refusal(login(3))).toBe('RATE_LIMITED');
  const response = await anyone.fetch(`${deployment.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(Array.from({ length: 3 }, () => ({ query: login(1) }))),
  });
  expect(codesOf(await response.text())).toEqual(Array(3).fill('RATE_LIMITED'));
  expect(response.headers.get('retry-after')).toMatch(/^\d+$/);
  for (const header of ['x-forwarded-for', 'x-real-ip', 'forwarded', 'cf-connecting-ip']) {
    const { errors, status, headers } = await anyone.post(
      JSON.stringify({ query: login(1) }),
      {},
      { [header]: '203.0.113.77' },
    );
    expect([status, errors[0]?.extensions.code]).toEqual([429, 'RATE_LIMITED']);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(headers.get('ratelimit-policy')).toContain('"operation-login";q=6;w=60');
  }
  // Being signed in is no second quota; everything else goes on.
  expect(await admin.client.refusal(login(1))).toBe('RATE_LIMITED');
  expect(await admin.client.refusal('{ me { id } }')).toBeNull();
});

test('guessing tokens ends at the quota', async () => {
  const guess = anyone.as('eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln');
  const codes = [];
  for (let n = 0; n < 7; n++) codes.push(await guess.refusal('{ __typename }'));
  expect(codes).toEqual([...Array(5).fill('UNAUTHENTICATED'), 'RATE_LIMITED', 'RATE_LIMITED']);
  expect(await anyone.refusal('{ __typename }')).toBeNull();
});
