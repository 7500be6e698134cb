import { federation, type TestSupergraph } from './supergraph.ts';

/** The same entities over and over (duplicates in every list), mutual recursion, abstract entities, mutations in series. */
export const social: TestSupergraph = {
  name: 'social',
  subgraphs: {
    people: `${federation}
      type Query { me: Person people(ids: [ID!], first: Int = 3): [Person!]! actors: [Actor!]! }
      type Mutation { follow(id: ID!): Person! unfollow(id: ID!): Person count: Int! }
      interface Actor @key(fields: "id") { id: ID! name: String }
      type Person implements Actor @key(fields: "id") { id: ID! name: String friends(first: Int): [Person!] mentor: Person team: Team }
      type Company implements Actor @key(fields: "id") { id: ID! name: String staff: [Person]! }
      type Team @key(fields: "id") { id: ID! title: String! members: [Person!]! }
    `,
    posts: `${federation}
      type Query { feed(first: Int = 3): [FeedItem]! post(id: ID!): Post }
      type Mutation { publish(text: String!, as: ID): Post! like(post: ID!): Post }
      type Subscription { posted(by: ID): Post! }
      union FeedItem = Post | Share | Advert
      type Post @key(fields: "id") { id: ID! text: String! @shareable author: Actor! replies: [Post!] likes: Int! }
      type Share { post: Post! by: Actor text: String }
      type Advert { url: String! sponsors: [Actor] text: String }
      type Actor @key(fields: "id") @interfaceObject { id: ID! posts(first: Int): [Post!]! karma: Int }
    `,
    presence: `${federation}
      type Query { online: [Person]! }
      type Person @key(fields: "id") { id: ID! name: String @external isOnline: Boolean! lastSeen: String mood: String @requires(fields: "name") }
      type Team @key(fields: "id") { id: ID! room: Room }
      type Room { name: String! guests: [[Person!]!] host: Person }
      type Post @key(fields: "id") { id: ID! text: String @shareable seenBy(first: Int! = 2): [Person!]! }
    `,
  },
};
