import { federation, type TestSupergraph } from './supergraph.ts';

/** `@override`, `@inaccessible` on everything that takes it, value types shared by all, enums cut to size, mutations. */
export const accounts: TestSupergraph = {
  name: 'accounts',
  subgraphs: {
    identity: `${federation}
      scalar Date
      scalar Anything
      type Query {
        me: User
        user(id: ID!, hidden: Boolean @inaccessible): User
        users(status: Status = ACTIVE, sort: Sort): [User!]!
        internal: String @inaccessible
        anyone: [Account!]!
        echo(value: Anything, list: [Anything!], dates: [[Date]]): Anything
      }
      type Mutation {
        rename(input: RenameInput!): User!
        setStatus(id: ID!, status: Status!): User
        forget(id: ID!): Boolean!
      }
      input Sort { by: String! = "name", descending: Boolean = false, secret: Int @inaccessible }
      input RenameInput { id: ID!, name: String!, note: Anything }
      enum Status { ACTIVE LOCKED SECRET @inaccessible }
      interface Account { id: ID! label: String! }
      type User implements Account @key(fields: "id") @key(fields: "email") {
        id: ID!
        email: String!
        label: String!
        name: String
        status: Status
        history: [Status!]!
        born: Date
        settings: Anything
        secretNote: String @inaccessible
        hiddenFriend: Ghost @inaccessible
        phone: String
      }
      type Robot implements Account @key(fields: "id") { id: ID! label: String! model: String! }
      type Ghost implements Account @key(fields: "id") @inaccessible { id: ID! label: String! }
    `,
    profile: `${federation}
      scalar Date
      scalar Anything
      type Query { profiles(after: Date): [Profile] }
      type User @key(fields: "id") {
        id: ID!
        phone: String @override(from: "identity")
        born: Date @override(from: "identity")
        status: Status @external
        profile: Profile!
        badge: String @requires(fields: "status")
      }
      enum Status { ACTIVE LOCKED SECRET @inaccessible }
      type Profile @key(fields: "user { id }") { user: User! bio: String avatar(size: Int = 64): String! extra: Anything }
      type Robot @key(fields: "id") { id: ID! owner: User }
      type Ghost @key(fields: "id") @inaccessible { id: ID! haunts: String }
    `,
    audit: `${federation}
      type Query { entries(first: Int): [Entry!]! }
      type Mutation { mark(entry: ID!): Entry }
      union Subject = User | Robot | Ghost
      type Entry { id: ID! subject: Subject by: User changes: [[Change!]]! }
      type Change { field: String! before: String after: String }
      type User @key(fields: "email") @key(fields: "id") { id: ID! email: String! entries(first: Int! = 2): [Entry!]! }
      type Robot @key(fields: "id") { id: ID! entries: [Entry] }
      type Ghost @key(fields: "id") @inaccessible { id: ID! }
      type Profile @key(fields: "user { id }") { user: User! views: Int }
    `,
  },
};
