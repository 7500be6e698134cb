import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  isCompositeType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import type { Variables } from './amount.ts';

/** One field of a response object: its selections, and on which variables it depends whether it is there. */
export type CollectedField = {
  parent: GraphQLCompositeType;
  nodes: [FieldNode, ...FieldNode[]];
  conditions: readonly Condition[];
};

export type Condition = (variables: Variables) => boolean;

/**
 * Collects fields through all fragments, as execution does (GraphQL, "CollectFields"), but for all types at once. Selections
 * of one response key on one type are one field; those under a condition are each counted for themselves.
 */
export function createCollector(
  schema: GraphQLSchema,
  document: DocumentNode,
  definition: OperationDefinitionNode,
) {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions)
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);

  return (parent: GraphQLCompositeType, sets: readonly SelectionSetNode[]): CollectedField[] => {
    const merged = new Map<string, CollectedField>();
    const conditional: CollectedField[] = [];

    const collect = (
      type: GraphQLCompositeType,
      set: SelectionSetNode,
      outer: readonly Condition[],
    ): void => {
      for (const selection of set.selections) {
        const own = conditionsOf(selection.directives, definition);
        if (own === 'never') continue;
        const conditions = own.length > 0 ? [...outer, ...own] : outer;
        if (selection.kind === Kind.FIELD) {
          add(type, selection, conditions);
          continue;
        }
        const fragment =
          selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection;
        if (!fragment) continue;
        const named = fragment.typeCondition ? schema.getType(fragment.typeCondition.name.value) : type;
        collect(isCompositeType(named) ? named : type, fragment.selectionSet, conditions);
      }
    };

    const add = (type: GraphQLCompositeType, node: FieldNode, conditions: readonly Condition[]) => {
      const field: CollectedField = { parent: type, nodes: [node], conditions };
      if (conditions.length > 0) return void conditional.push(field);
      const key = `${type.name}.${node.alias?.value ?? node.name.value}`;
      const known = merged.get(key);
      if (known) known.nodes.push(node);
      else merged.set(key, field);
    };

    for (const set of sets) collect(parent, set, []);
    return [...merged.values(), ...conditional];
  };
}

/** `@skip` and `@include`: decided at once where they are literals. */
function conditionsOf(
  directives: readonly DirectiveNode[] = [],
  definition: OperationDefinitionNode,
): readonly Condition[] | 'never' {
  const conditions: Condition[] = [];
  for (const { name, arguments: given } of directives) {
    if (name.value !== 'skip' && name.value !== 'include') continue;
    const wanted = name.value === 'include';
    const value = given?.find((argument) => argument.name.value === 'if')?.value;
    if (value?.kind === Kind.BOOLEAN && value.value !== wanted) return 'never';
    if (value?.kind !== Kind.VARIABLE) continue;
    const variable = value.name.value;
    const declared = definition.variableDefinitions?.find((one) => one.variable.name.value === variable);
    const otherwise = declared?.defaultValue?.kind === Kind.BOOLEAN && declared.defaultValue.value;
    conditions.push(
      (variables) => (Object.hasOwn(variables, variable) ? variables[variable] : otherwise) === wanted,
    );
  }
  return conditions;
}
