import { composeServices } from '@apollo/composition';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { subgraphNames } from '@gatehouse/service-kit/subgraph';
import { type GraphQLSchema, parse } from 'graphql';

/**
 * The supergraph of the benchmark: four subgraphs that answer from memory, so that the gateway is what is measured. Written
 * in Federation 1, which every contestant reads.
 */
export type Name = (typeof subgraphNames)[number];

const sdl: Record<Name, string> = {
  user: `
    extend type Query { me: User users(first: Int!): [User!]! }
    type User @key(fields: "id") { id: ID! name: String! email: String! friends(first: Int!): [User!]! }
  `,
  auth: `
    extend type Query { sessionCount: Int! }
    extend type User @key(fields: "id") { id: ID! @external lastLoginAt: String sessions: [Session!]! }
    type Session { id: ID! device: String! }
  `,
  storage: `
    extend type Query { documentCount: Int! }
    extend type User @key(fields: "id") { id: ID! @external documents: [Document!]! }
    type Document @key(fields: "id") { id: ID! name: String! size: Int! }
  `,
  notification: `
    extend type Query { unreadCount: Int! }
    extend type User @key(fields: "id") { id: ID! @external unread: Int! notifications: [Notification!]! }
    type Notification { id: ID! text: String! }
  `,
};

type Entity = { id: string };

const people = 50;
const numberOf = ({ id }: Entity) => Number(id.slice(1)) % people;
const personOf = (n: number) => ({
  id: `u${n % people}`,
  name: `Person ${n % people}`,
  email: `p${n % people}@example.com`,
});
function some<T>(count: number, make: (n: number) => T): T[] {
  const made: T[] = [];
  for (let n = 0; n < count; n++) made.push(make(n));
  return made;
}

const resolvers: Record<Name, unknown> = {
  user: {
    Query: {
      me: () => personOf(1),
      users: (_: unknown, { first }: { first: number }) => some(first, personOf),
    },
    User: {
      __resolveReference: (reference: Entity) => personOf(numberOf(reference)),
      friends: (user: Entity, { first }: { first: number }) =>
        some(first, (n) => personOf(numberOf(user) + n * 3)),
    },
  },
  auth: {
    Query: { sessionCount: () => 3 },
    User: {
      __resolveReference: ({ id }: Entity) => ({
        id,
        lastLoginAt: '2026-01-01T00:00:00.000Z',
        sessions: some(2, (n) => ({ id: `s${n}-${id}`, device: 'Firefox on Linux' })),
      }),
    },
  },
  storage: {
    Query: { documentCount: () => 3 },
    User: {
      __resolveReference: ({ id }: Entity) => ({
        id,
        documents: some(3, (n) => ({ id: `d${n}-${id}`, name: `${n}.pdf`, size: n * 1_000 })),
      }),
    },
    Document: { __resolveReference: ({ id }: Entity) => ({ id, name: 'x.pdf', size: 1 }) },
  },
  notification: {
    Query: { unreadCount: () => 3 },
    User: {
      __resolveReference: ({ id }: Entity) => ({
        id,
        unread: 2,
        notifications: some(2, (n) => ({ id: `n${n}-${id}`, text: 'Welcome to Gatehouse' })),
      }),
    },
  },
};

export const names: readonly Name[] = subgraphNames;

export function subgraphSchema(name: Name): GraphQLSchema {
  const schema = buildSubgraphSchema([{ typeDefs: parse(sdl[name]), resolvers: resolvers[name] as never }]);
  // As written: Mercurius takes a second `type Query` for another one.
  const service = schema.getQueryType()?.getFields()._service;
  if (service) service.resolve = () => ({ sdl: sdl[name] });
  return schema;
}

/** Composed with the URLs at which the subgraphs are served, if they are. */
export function supergraphSdl(urlOf: (name: Name) => string): string {
  const services = names.map((name) => ({ name, url: urlOf(name), typeDefs: parse(sdl[name]) }));
  const { supergraphSdl: composed, errors } = composeServices(services);
  if (!composed) throw new Error(errors?.map(({ message }) => message).join('\n'));
  return composed;
}

/** What is asked, from simple to hard. */
export const queries: Record<string, string> = {
  'one subgraph': 'query One { me { id name email } }',
  'four subgraphs':
    'query Four { me { id name email lastLoginAt sessions { id device } documents { id name size } unread notifications { id text } } }',
  'list + entities': 'query List { users(first: 20) { id name lastLoginAt unread } }',
  'deep, duplicated':
    'query Deep { users(first: 8) { id friends(first: 4) { name lastLoginAt friends(first: 4) { name unread friends(first: 2) { id name lastLoginAt } } } } }',
};
