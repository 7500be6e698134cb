import { federation, type TestSupergraph } from './supergraph.ts';

/** Several, compound and nested keys; `@requires`, `@provides`, `@shareable`, `@external`, `@tag`. */
export const catalog: TestSupergraph = {
  name: 'catalog',
  subgraphs: {
    products: `${federation}
      type Query {
        product(id: ID!): Product
        products(first: Int = 3, brand: String, filter: ProductFilter): [Product!]!
        bySku(sku: String!, package: String!): Product
        featured: [Product]
        catalogs: [Catalog!]
      }
      type Mutation {
        addProduct(input: ProductInput!): Product!
        removeProduct(id: ID!): Boolean
      }
      input ProductFilter { brand: String = "acme", tags: [String!], not: ProductFilter, minPrice: Float }
      input ProductInput { name: String!, tags: [String!]! = [], price: Float }
      type Product @key(fields: "id") @key(fields: "sku package") @tag(name: "public") {
        id: ID!
        sku: String!
        package: String!
        name: String @shareable
        price: Float
        weight: Int!
        brand: Brand
        tags: [String!]!
        dimensions: Dimensions @shareable
      }
      type Brand @key(fields: "id") { id: ID! name: String! founded: Int }
      type Dimensions @shareable { width: Int height: Int unit: String! @tag(name: "unit") }
      type Catalog @key(fields: "id owner { id region { code } }") { id: ID! owner: Owner! title: String }
      type Owner @shareable { id: ID! region: Region! }
      type Region @shareable { code: String! }
    `,
    inventory: `${federation}
      type Query { warehouses: [Warehouse!]! lowStock(limit: Int): [Product!] }
      type Warehouse @key(fields: "id") {
        id: ID!
        products: [Product!]!
        best: Product @provides(fields: "name")
      }
      type Product @key(fields: "sku package") {
        sku: String!
        package: String!
        name: String @external
        weight: Int! @external
        price: Float @external
        inStock: Boolean!
        quantity: Int
        shippingCost: Float @requires(fields: "weight price")
        dimensions: Dimensions @shareable
        warehouse: Warehouse
      }
      type Dimensions @shareable { width: Int height: Int unit: String! }
      type Catalog @key(fields: "id owner { id region { code } }") {
        id: ID!
        owner: Owner!
        products: [Product!]!
        size: Int!
      }
      type Owner @shareable { id: ID! region: Region! }
      type Region @shareable { code: String! }
    `,
    reviews: `${federation}
      type Query { review(id: ID!): Review latest(count: Int! = 2): [Review!]! }
      type Mutation { review(productId: ID!, stars: Int!): Review }
      type Review @key(fields: "id") {
        id: ID!
        stars: Int!
        text: String
        product: Product!
        author: Author @provides(fields: "nickname")
      }
      type Author @key(fields: "id") { id: ID! nickname: String @external reviews: [Review!]! }
      type Product @key(fields: "id") {
        id: ID!
        dimensions: Dimensions @external
        brand: Brand @external
        reviews(first: Int = 2, minStars: Int): [Review!]!
        rating: Float
        volumeNote: String @requires(fields: "dimensions { width height } brand { name }")
      }
      type Dimensions @shareable { width: Int height: Int unit: String! }
      type Brand @key(fields: "id") { id: ID! name: String! @external }
    `,
    authors: `${federation}
      type Query { authors: [Author!]! }
      type Author @key(fields: "id") { id: ID! nickname: String @shareable born: Int friends: [Author] }
    `,
  },
};
