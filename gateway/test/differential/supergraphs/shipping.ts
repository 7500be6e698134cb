import { federation, type TestSupergraph } from './supergraph.ts';

/** `@requires` in chains, with arguments, through lists and abstract types; compound keys that need another fetch. */
export const shipping: TestSupergraph = {
  name: 'shipping',
  aliasesArguments: true,
  subgraphs: {
    orders: `${federation}
      type Query { order(id: ID!): Order orders(first: Int = 3): [Order!]! parcels: [Parcel] }
      type Mutation { place(items: [ItemInput!]!): Order! cancel(id: ID!, reason: String = "none"): Order }
      input ItemInput { product: ID!, amount: Int! = 1 }
      type Order @key(fields: "id") { id: ID! lines: [Line!]! total: Float customer: Customer }
      type Line { amount: Int! item: Item! }
      type Item @key(fields: "id") { id: ID! name: String! size(unit: Unit): Float }
      enum Unit { CM INCH }
      type Customer @key(fields: "id") { id: ID! name: String! address: Address }
      type Address @shareable { street: String zip: String! country: Country }
      enum Country { AT DE IT }
      interface Parcel { code: String! weight(unit: String): Float }
      type Box implements Parcel @key(fields: "code") { code: String! weight(unit: String): Float padded: Boolean }
      type Letter implements Parcel @key(fields: "code") { code: String! weight(unit: String): Float stamps: Int! }
    `,
    warehouse: `${federation}
      type Query { bins: [[Item!]!]! }
      enum Unit { CM INCH }
      type Item @key(fields: "id") {
        id: ID!
        size(unit: Unit): Float @external
        fits: Boolean @requires(fields: "size(unit: CM)")
        bin: String!
        mass: Int
      }
      type Box @key(fields: "code") {
        code: String!
        weight(unit: String): Float @external
        fee: Float @requires(fields: "weight(unit: \\"kg\\")")
        contents: [Item!]
      }
      type Letter @key(fields: "code") {
        code: String!
        stamps: Int! @external
        isPaid: Boolean @requires(fields: "stamps")
      }
    `,
    carrier: `${federation}
      type Query { tracking(code: String!): Shipment }
      type Shipment { code: String! parcel: AnyParcel stops: [[Stop]] customer: Customer }
      type Stop { place: String! at: String }
      union AnyParcel = Box | Letter
      type Box @key(fields: "code") { code: String! }
      type Letter @key(fields: "code") { code: String! }
      type Item @key(fields: "id") {
        id: ID!
        mass: Int @external
        bin: String! @external
        handling: String @requires(fields: "mass bin")
      }
      type Customer @key(fields: "id") {
        id: ID!
        address: Address @external
        zone: Int @requires(fields: "address { zip country }")
      }
      type Address @shareable { street: String zip: String! country: Country }
      enum Country { AT DE IT }
    `,
    billing: `${federation}
      type Query { invoices: [Invoice!] }
      type Invoice { number: Int! item: Item customer: Customer! }
      type Item @key(fields: "id") {
        id: ID!
        handling: String @external
        charge: Float @requires(fields: "handling")
      }
      type Customer @key(fields: "id") { id: ID! zone: Int @external rebate: Float @requires(fields: "zone") invoices: [Invoice!]! }
    `,
  },
};
