import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hops, startGateway, type TestGateway } from './harness/gateway.ts';

describe.each(hops)('queries, subgraphs %s', (topology) => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway({ topology });
  });
  afterAll(() => gateway.stop());

  it('answers from one subgraph', async () => {
    expect(await gateway.query('{ hello(name: "Ada") __typename }')).toEqual({
      data: { hello: 'Hello Ada', __typename: 'Query' },
    });
  });

  it('joins fields of all four subgraphs', async () => {
    const { token, userId } = await gateway.provider.signIn(['users:read']);
    const query = '{ me { email lastLoginAt documents { name owner { email } } notifications } unread }';
    expect(await gateway.query(query, { token })).toEqual({
      data: {
        me: {
          email: `${userId}@example.com`,
          lastLoginAt: '2026-01-01',
          documents: [{ name: `${userId}.pdf`, owner: { email: 'owner@example.com' } }],
          notifications: ['welcome'],
        },
        unread: 3,
      },
    });
  });

  it('passes variables, defaults and absent ones apart', async () => {
    const query = 'query ($name: String, $tags: [String!] = ["dear"]) { hello(name: $name, tags: $tags) }';
    expect(await gateway.query(query, { variables: {} })).toEqual({ data: { hello: 'Hello you dear' } });
    expect(await gateway.query(query, { variables: { name: 'Ada', tags: [] } })).toEqual({
      data: { hello: 'Hello Ada' },
    });
  });

  it('runs mutations', async () => {
    const query = 'mutation ($input: RenameInput!) { rename(input: $input) { id name } }';
    const variables = { input: { id: '1', name: "Robert'); DROP TABLE users;--" } };
    expect(await gateway.query(query, { variables })).toEqual({ data: { rename: variables.input } });
  });

  it('hides what is inaccessible', async () => {
    const { errors } = await gateway.query('{ secretDoor }');
    expect(errors?.[0]?.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
  });
});
