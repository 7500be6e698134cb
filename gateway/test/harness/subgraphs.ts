import { EventEmitter } from 'node:events';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { type Caller, enforceAuthorization, requireUser } from '@gatehouse/identity';
import { badInput, GatehouseError } from '@gatehouse/service-kit';
import type { Route, Subgraph, SubgraphName } from '@gatehouse/service-kit/subgraph';
import { type DocumentNode, type GraphQLResolveInfo, parse } from 'graphql';
import { createEventQueue } from '../../src/streams/event-queue.ts';

type Resolver = (
  source: never,
  args: never,
  context: { caller: Caller },
  info: GraphQLResolveInfo,
) => unknown;
type Resolvers = Record<string, Record<string, unknown>>;

const header = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9",
  import: ["@key", "@shareable", "@inaccessible", "@authenticated", "@requiresScopes", "@external", "@cost", "@listSize"])`;

/** Four small subgraphs with one of everything that the gateway has to deal with. */
export const typeDefs: Record<SubgraphName, DocumentNode> = {
  user: parse(`${header}
    type Query {
      hello(name: String, tags: [String!]): String!
      me: User @authenticated
      user(id: ID!): User @requiresScopes(scopes: [["users:read"]])
      users(count: Int!): [User!]! @listSize(slicingArguments: ["count"])
      people(first: Int, last: Int): People! @listSize(
        assumedSize: 20, slicingArguments: ["first", "last"], sizedFields: ["nodes", "edges"]
        requireOneSlicingArgument: false
      )
      search(text: String @cost(weight: 7)): [User!]!
      secretDoor: String @inaccessible
      fails(how: String!): String
      slow(ms: Int!): String
    }
    type Mutation { rename(input: RenameInput!): User! count: Int! }
    type People { nodes: [User!]! edges: [PersonEdge!]! }
    type PersonEdge { node: User! }
    input RenameInput { id: ID!, name: String! }
    type User @key(fields: "id") { id: ID! email: String! name: String friend: User }
  `),
  auth: parse(`${header}
    type Query { session: Session @authenticated }
    type Session { id: ID! user: User! permissions: [String!]! }
    type Mutation { login(identifier: String!): String! @cost(weight: 100) }
    type Subscription {
      securityEvents(after: ID, type: String): SecurityEvent! @authenticated
      ticks(every: Int!, size: Int): Tick!
    }
    type Tick { n: Int! padding: String! }
    type SecurityEvent @key(fields: "id") { id: ID! type: String! user: User }
    type User @key(fields: "id") { id: ID! lastLoginAt: String @requiresScopes(scopes: [["users:read"]]) }
  `),
  storage: parse(`${header}
    type Query { documents: [Document!]! }
    type Document @key(fields: "id") { id: ID! name: String! owner: User! }
    type User @key(fields: "id") { id: ID! documents: [Document!]! @authenticated }
  `),
  notification: parse(`${header}
    type Query { unread: Int! }
    type User @key(fields: "id") { id: ID! notifications: [String!] @authenticated }
  `),
};

export type Fixture = ReturnType<typeof createSubgraphs>;

export function createSubgraphs() {
  const events = new EventEmitter().setMaxListeners(0);
  const counts: Record<string, number> = {};
  const seen: { caller: Caller }[] = [];
  const routes: Partial<Record<SubgraphName, Route[]>> = {};

  const userOf = ({ id }: { id: string }) =>
    id === 'missing' ? null : { id, email: `${id}@example.com`, name: id, friend: { id: `${id}-friend` } };

  const failures: Record<string, () => never> = {
    surprise: () => {
      throw new Error('connect ECONNREFUSED postgres://secret@10.0.0.1');
    },
    coded: () => {
      throw new GatehouseError('RATE_LIMITED', 'Too fast.', { retryAfter: 7, internal: 'hidden' });
    },
    input: () => {
      throw badInput({ path: 'email', message: 'is not an address' });
    },
    foreign: () => {
      throw new GatehouseError('GRAPHQL_VALIDATION_FAILED', 'Cannot query field "x" on type "Hidden".');
    },
  };

  const resolvers: Record<SubgraphName, Resolvers> = {
    user: {
      Query: {
        hello: ((_: never, { name, tags }: { name?: string; tags?: string[] }) =>
          `Hello ${[name ?? 'you', ...(tags ?? [])].join(' ')}`) as Resolver,
        me: ((_: never, __: never, { caller }) => {
          seen.push({ caller });
          return userOf({ id: requireUser(caller).userId });
        }) as Resolver,
        user: ((_: never, { id }: { id: string }) => userOf({ id })) as Resolver,
        users: ((_: never, { count }: { count: number }) =>
          Array.from({ length: count }, (_x, n) => userOf({ id: `u${n}` }))) as Resolver,
        people: () => ({ nodes: [], edges: [] }),
        search: () => [],
        secretDoor: () => 'open',
        fails: ((_: never, { how }: { how: string }) => failures[how]?.()) as Resolver,
        slow: (async (_: never, { ms }: { ms: number }) => {
          await new Promise((resolve) => setTimeout(resolve, ms));
          return 'done';
        }) as Resolver,
      },
      Mutation: {
        rename: ((_: never, { input }: { input: { id: string; name: string } }) => ({
          ...userOf(input),
          name: input.name,
        })) as Resolver,
        count: () => {
          counts.mutation = (counts.mutation ?? 0) + 1;
          return counts.mutation;
        },
      },
      User: {
        __resolveReference: (reference: { id: string }) => {
          if (reference.id === 'broken') throw new Error('the user table is gone');
          return userOf(reference);
        },
      },
    },
    auth: {
      Query: {
        session: ((_: never, __: never, { caller }) => {
          const user = requireUser(caller);
          return { id: user.sessionId, user: { id: user.userId }, permissions: user.permissions };
        }) as Resolver,
      },
      Mutation: {
        login: ((_: never, { identifier }: { identifier: string }) => `token of ${identifier}`) as Resolver,
      },
      Subscription: {
        securityEvents: { subscribe: () => listenTo(events, 'security') },
        ticks: {
          subscribe: async function* (_: never, { every, size = 0 }: { every: number; size?: number }) {
            for (let n = 1; ; n++) {
              await new Promise((resolve) =>
                every === 0 ? setImmediate(resolve) : setTimeout(resolve, every),
              );
              yield { ticks: { n, padding: 'x'.repeat(size) } };
            }
          },
        },
      },
      SecurityEvent: { user: ({ userId }: { userId?: string }) => (userId ? { id: userId } : null) },
      User: { lastLoginAt: () => '2026-01-01' },
    },
    storage: {
      Query: { documents: () => [{ id: 'd1', name: 'one.pdf' }] },
      Document: { owner: () => ({ id: 'owner' }) },
      User: { documents: ({ id }: { id: string }) => [{ id: `d-${id}`, name: `${id}.pdf` }] },
    },
    notification: {
      Query: { unread: () => 3 },
      User: { notifications: () => ['welcome'] },
    },
  };

  const subgraphOf = (name: SubgraphName): Subgraph<Caller> => {
    const schema = buildSubgraphSchema([{ typeDefs: typeDefs[name], resolvers: resolvers[name] as never }]);
    const { enforced } = enforceAuthorization(schema);
    const own: Route[] = [];
    routes[name] = own;
    return {
      name,
      schema,
      enforced,
      context: (caller) => ({ caller }),
      routes: own,
      ready: async () => {},
      start: async () => {},
      stop: async () => {},
    };
  };

  return {
    subgraphs: {
      user: subgraphOf('user'),
      auth: subgraphOf('auth'),
      storage: subgraphOf('storage'),
      notification: subgraphOf('notification'),
    } satisfies Record<SubgraphName, Subgraph<Caller>>,
    routes: routes as Record<SubgraphName, Route[]>,
    /** Callers that `me` was asked by. */
    seen,
    emit: (event: { id: string; type: string; userId?: string }) => events.emit('security', event),
    listeners: () => events.listenerCount('security'),
  };
}

/** Events as an iterator that ends at once when it is told to. */
function listenTo(events: EventEmitter, name: string): AsyncIterableIterator<unknown> {
  const queue = createEventQueue<{ securityEvents: unknown }>(1_000);
  const push = (securityEvents: unknown) => void queue.push({ securityEvents }, 1_000);
  events.on(name, push);
  const iterator: AsyncIterableIterator<unknown> = {
    async next() {
      const value = await queue.next();
      return value ? { done: false, value } : { done: true, value: undefined };
    },
    async return() {
      events.off(name, push);
      queue.end();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]: () => iterator,
  };
  return iterator;
}
