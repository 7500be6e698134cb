import { type DocumentNode, Kind } from 'graphql';

/** The URLs that a supergraph file gives its subgraphs, by their names. */
export function routingUrls(supergraph: DocumentNode): Map<string, string> {
  const urls = new Map<string, string>();
  for (const node of supergraph.definitions) {
    if (node.kind !== Kind.ENUM_TYPE_DEFINITION || node.name.value !== 'join__Graph') continue;
    for (const { directives } of node.values ?? []) {
      const graph = directives?.find(({ name }) => name.value === 'join__graph');
      const textOf = (argument: string) => {
        const value = graph?.arguments?.find(({ name }) => name.value === argument)?.value;
        return value?.kind === Kind.STRING ? value.value : '';
      };
      urls.set(textOf('name'), textOf('url'));
    }
  }
  return urls;
}
