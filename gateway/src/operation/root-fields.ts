import {
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';

/** How often an operation asks for each root field: an alias more is a time more, a fragment hides nothing. */
export function rootFieldsOf(
  document: DocumentNode,
  definition: OperationDefinitionNode,
): ReadonlyMap<string, number> {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions)
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
  const fields = new Map<string, string>();

  const collect = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const { name, alias } = selection;
        fields.set(alias?.value ?? name.value, name.value);
        continue;
      }
      const inner = selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection;
      if (inner) collect(inner.selectionSet);
    }
  };
  collect(definition.selectionSet);

  const counts = new Map<string, number>();
  for (const name of fields.values()) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
