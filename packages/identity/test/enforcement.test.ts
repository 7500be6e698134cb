import { buildSubgraphSchema } from '@apollo/subgraph';
import { type Caller, enforceAuthorization, type Permission, serviceCaller } from '@gatehouse/identity';
import { graphql, parse } from 'graphql';
import { expect, test } from 'vitest';

const typeDefs = parse(`
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9",
    import: ["@key", "@authenticated", "@requiresScopes", "@inaccessible"])
  type Query {
    open: String
    signedIn: String @authenticated
    scoped: String @requiresScopes(scopes: [["users:read"], ["roles:read", "roles:write"]])
    internal: String @inaccessible
    vault: Vault
  }
  type Mutation {
    signIn: String
    leave: String @authenticated
    write: String @requiresScopes(scopes: [["users:write"]])
  }
  type Vault @key(fields: "id") @requiresScopes(scopes: [["documents:read"]]) {
    id: ID!
    secret: String @requiresScopes(scopes: [["documents:delete"]])
  }
`);
const { schema, enforced } = enforceAuthorization(
  buildSubgraphSchema([
    {
      typeDefs,
      resolvers: {
        Query: {
          open: () => 'o',
          signedIn: () => 's',
          scoped: () => 'c',
          internal: () => 'i',
          vault: () => ({ id: '1' }),
        },
        Mutation: { signIn: () => 'i', leave: () => 'l', write: () => 'w' },
        Vault: { secret: () => 'v', __resolveReference: (reference: { id: string }) => reference },
      },
    },
  ]),
);

const withPermissions = (...permissions: Permission[]): Caller => ({
  ...serviceCaller('gateway'),
  service: null,
  principal: { kind: 'client', clientId: 'c', tenantId: 't', permissions },
});
const withKey = (...permissions: Permission[]): Caller => ({
  ...withPermissions(),
  principal: {
    kind: 'api-key',
    apiKeyId: 'k',
    tenantId: 't',
    userId: 'u',
    clientId: null,
    roles: [],
    permissions,
  },
});
const anonymous: Caller = { ...withPermissions(), principal: null };

async function ask(caller: Caller, source: string) {
  const { data, errors } = await graphql({ schema, source, contextValue: { caller } });
  return errors ? errors[0]?.extensions.code : (JSON.parse(JSON.stringify(data)) as unknown);
}

test('the guarded coordinates are listed', () => {
  expect(enforced).toEqual([
    'Mutation.leave',
    'Mutation.write',
    'Query.internal',
    'Query.scoped',
    'Query.signedIn',
    'Vault.id',
    'Vault.secret',
  ]);
});

test.each<[string, Caller, string, unknown]>([
  ['an open field answers anybody', anonymous, '{ open }', { open: 'o' }],
  ['@authenticated refuses nobody', anonymous, '{ signedIn }', 'UNAUTHENTICATED'],
  ['@authenticated lets a principal in', withPermissions(), '{ signedIn }', { signedIn: 's' }],
  ['@requiresScopes asks for a principal first', anonymous, '{ scoped }', 'UNAUTHENTICATED'],
  ['@requiresScopes refuses without the scope', withPermissions('roles:read'), '{ scoped }', 'FORBIDDEN'],
  ['@requiresScopes takes one alternative', withPermissions('users:read'), '{ scoped }', { scoped: 'c' }],
  [
    '@requiresScopes takes a whole alternative',
    withPermissions('roles:read', 'roles:write'),
    '{ scoped }',
    { scoped: 'c' },
  ],
  ['@inaccessible refuses the public', withPermissions('users:read'), '{ internal }', 'FORBIDDEN'],
  ['@inaccessible answers a service', serviceCaller('auth'), '{ internal }', { internal: 'i' }],
  [
    'a type’s rule and a field’s rule both hold',
    withPermissions('documents:read'),
    '{ vault { secret } }',
    'FORBIDDEN',
  ],
  [
    'a type’s rule and a field’s rule, both met',
    withPermissions('documents:read', 'documents:delete'),
    '{ vault { id secret } }',
    { vault: { id: '1', secret: 'v' } },
  ],
  [
    'entity references are guarded too',
    withPermissions('users:read'),
    '{ _entities(representations: [{ __typename: "Vault", id: "1" }]) { ... on Vault { id } } }',
    'FORBIDDEN',
  ],
])('%s', async (_, caller, source, expected) => {
  expect(await ask(caller, source)).toEqual(expected);
});

test.each<[string, Caller, string, unknown]>([
  ['a mutation that names its scopes', withKey('users:write'), 'mutation { write }', { write: 'w' }],
  ['only with the scope', withKey('users:read'), 'mutation { write }', 'FORBIDDEN'],
  ['none for whoever is signed in', withKey('users:write'), 'mutation { leave }', 'FORBIDDEN'],
  ['none for everybody', withKey('users:write'), 'mutation { signIn }', 'FORBIDDEN'],
  ['queries by their rules', withKey(), '{ open signedIn }', { open: 'o', signedIn: 's' }],
])('an API key may call %s', async (_, caller, source, expected) => {
  expect(await ask(caller, source)).toEqual(expected);
});

test('what an API key may not, others still may', async () => {
  expect(await ask(anonymous, 'mutation { signIn }')).toEqual({ signIn: 'i' });
  expect(await ask(withPermissions(), 'mutation { leave }')).toEqual({ leave: 'l' });
});
