import { federation, type TestSupergraph } from './supergraph.ts';

/** Entity interfaces, `@interfaceObject`, unions of entities, interfaces that implement interfaces. */
export const media: TestSupergraph = {
  name: 'media',
  subgraphs: {
    library: `${federation}
      type Query {
        media(id: ID!): Media
        shelf(kind: Kind, first: Int = 3): [Media!]!
        search(text: String!): [SearchResult]
        nodes(ids: [ID!]!): [Node]!
      }
      type Mutation { lend(id: ID!, to: String): Media! giveBack(id: ID!): Media }
      enum Kind { BOOK MOVIE RECORD }
      interface Node { id: ID! }
      interface Media implements Node @key(fields: "id") { id: ID! title: String! kind: Kind! creator: Person }
      type Book implements Media & Node @key(fields: "id") @key(fields: "isbn") {
        id: ID! isbn: String! title: String! kind: Kind! creator: Person pages: Int
      }
      type Movie implements Media & Node @key(fields: "id") {
        id: ID! title: String! kind: Kind! creator: Person minutes: Int! cast: [Person!]
      }
      type Record implements Media & Node @key(fields: "id") {
        id: ID! title: String! kind: Kind! creator: Person tracks: [Track!]! sides: [[Track!]!]
      }
      type Track { title: String! seconds: Int }
      union SearchResult = Book | Movie | Person
      type Person implements Node @key(fields: "id") { id: ID! name: String! }
    `,
    ratings: `${federation}
      type Query { topRated(first: Int! = 2): [Media!]! }
      type Media @key(fields: "id") @interfaceObject {
        id: ID!
        stars: Float
        title: String! @external
        comments(first: Int): [Comment!]!
        headline: String @requires(fields: "title")
      }
      type Comment @key(fields: "id") { id: ID! text: String! about: Media! by: Person }
      type Person @key(fields: "id") { id: ID! comments: [Comment] }
    `,
    shops: `${federation}
      type Query { offers: [Offer!]! favourite: Product bestOf(kind: String): [Product] }
      type Offer { price: Float! product: Product! }
      union Product = Book | Movie | Ticket
      type Book @key(fields: "isbn") { isbn: String! offers: [Offer!] stock: Int! }
      type Movie @key(fields: "id") { id: ID! offers: [Offer!] streamable: Boolean }
      type Ticket { seat: String! movie: Movie }
    `,
  },
};
