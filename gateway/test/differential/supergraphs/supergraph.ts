/** A small test supergraph: the SDL of its subgraphs by name. What they answer is made up by `mock-subgraph.ts`. */
export type TestSupergraph = {
  name: string;
  subgraphs: Record<string, string>;
  /** Generated operations give every field with arguments a name of its own: where not, the stock executor is wrong. */
  aliasesArguments?: boolean;
};

/** The `@link` that every test subgraph begins with. */
export const federation = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [
  "@key", "@requires", "@provides", "@external", "@shareable", "@override", "@interfaceObject", "@inaccessible", "@tag"
])`;
