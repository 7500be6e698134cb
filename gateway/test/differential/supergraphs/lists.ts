import { federation, type TestSupergraph } from './supergraph.ts';

/** Lists within lists, of entities, of abstract types, with holes; every built-in scalar; a subscription. */
export const lists: TestSupergraph = {
  name: 'lists',
  subgraphs: {
    grid: `${federation}
      scalar JSON
      type Query {
        grid(rows: Int = 2): [[Cell]]
        strict: [[Cell!]!]!
        cube: [[[Cell]!]]!
        shapes: [[Shape]!]
        numbers: [[Int]]
        matrix: [[Float!]!]!
        ids: [ID!]!
        raw: JSON
        rawList: [JSON]
        maybe: Cell
      }
      type Subscription { cellChanged(id: ID): Cell! shapesChanged: [[Shape]!] }
      type Cell @key(fields: "x y") {
        x: Int!
        y: Int!
        value: Float
        flag: Boolean!
        near: [[Cell!]]
        shape: Shape
        label: Label
      }
      type Label { text(upper: Boolean): String! lines: [String]! language: Language }
      enum Language { EN DE FR }
      interface Shape { area: Float centre: Cell }
      type Circle implements Shape { area: Float centre: Cell radius: Int! }
      type Square implements Shape & Round { area: Float centre: Cell side: Int! corners: [[Cell]!]! roundness: Int }
      interface Round { roundness: Int }
    `,
    colours: `${federation}
      type Query { palette: [[Colour!]!] }
      enum Colour { RED GREEN BLUE }
      type Cell @key(fields: "x y") {
        x: Int!
        y: Int!
        flag: Boolean! @external
        colour: Colour
        gradient(steps: Int! = 2): [[Colour]]!
        inked: Colour! @requires(fields: "flag")
        twins: [Cell]
      }
    `,
    owners: `${federation}
      type Query { owners: [Owner!]! }
      type Owner @key(fields: "id") { id: ID! cells: [[Cell]] favourite: Cell! groups: [Group!] }
      type Group { members: [[Owner!]!]! lead: Owner }
      type Cell @key(fields: "x y") { x: Int! y: Int! colour: Colour @external owner: Owner tint: String @requires(fields: "colour") }
      enum Colour { RED GREEN BLUE }
    `,
  },
};
