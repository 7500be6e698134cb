import { federation, type TestSupergraph } from './supergraph.ts';

/** Names that mean something to JavaScript, as types, fields, arguments, enum values and keys. */
export const names: TestSupergraph = {
  name: 'names',
  subgraphs: {
    one: `${federation}
      type Query { constructor: hasOwnProperty toString(valueOf: String, length: Int = 1): [hasOwnProperty] then: prototype }
      type Mutation { delete(this: ID!): Boolean arguments: hasOwnProperty }
      type hasOwnProperty @key(fields: "constructor") {
        constructor: ID!
        valueOf: String
        then: Int
        catch: [Boolean]
        class: function
        prototype: prototype
      }
      enum function { new typeof yield }
      interface prototype { name: String }
      type Object implements prototype @key(fields: "toString") { toString: String! name: String }
      type Array implements prototype { name: String length: Int! }
    `,
    two: `${federation}
      type Query { undefined: hasOwnProperty if(else: function, return: [Int!]): String }
      enum function { new typeof yield }
      type hasOwnProperty @key(fields: "constructor") {
        constructor: ID!
        then: Int @external
        isPrototypeOf: String @requires(fields: "then")
        hasOwnProperty: hasOwnProperty
        await: [Object!]
      }
      type Object @key(fields: "toString") { toString: String! let: Float var: hasOwnProperty }
    `,
  },
};
