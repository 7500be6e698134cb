import {
  type DocumentNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  type OperationDefinitionNode,
} from 'graphql';
import { type Amount, product, sum } from './amount.ts';
import { type CollectedField, createCollector } from './collect.ts';
import { expectedSize } from './list-size.ts';
import type { CostRules } from './rules.ts';

/** Of what has no `@cost`: an object is one fetch of it, a plain value comes with its object. */
const objectWeight = 1;
/** A change is more work than reading what it returns. */
const mutationWeight = 10;
/** Lists without `@listSize`. */
const defaultListSize = 10;

export type Estimate = (document: DocumentNode, definition: OperationDefinitionNode) => Amount;

/**
 * Estimates, before anything runs, what an operation costs: for each field the weight of it (or of its type) and of its
 * arguments, lists as often as they are expected to have elements, what is below them included. The rules are the IBM
 * GraphQL Cost Directives specification's ("Static Query Analysis"), the weights without directive those of Apollo's
 * demand control. Done once per document; where sizes are variables, the answer is a function of them.
 */
export function createEstimate(schema: GraphQLSchema, rules: CostRules): Estimate {
  return (document, definition) => {
    const collect = createCollector(schema, document, definition);

    const costOfSelections = (
      parent: GraphQLCompositeType,
      fields: readonly { nodes: CollectedField['nodes'] }[],
      sizes: ReadonlyMap<string, Amount>,
    ): Amount => {
      const sets = fields.flatMap(({ nodes }) => nodes.flatMap(({ selectionSet }) => selectionSet ?? []));
      return sum(collect(parent, sets).map((field) => costOfField(field, sizes)));
    };

    const costOfField = (collected: CollectedField, sizes: ReadonlyMap<string, Amount>): Amount => {
      const { parent, nodes, conditions } = collected;
      const [node] = nodes;
      const name = node.name.value;
      const field = isAbstractType(parent) && !isInterfaceType(parent) ? undefined : parent.getFields()[name];
      // `__typename`, and introspection, which is answered from the schema.
      if (!field) return 0;
      const rule = rules.listSizes.get(`${parent.name}.${name}`);
      const expected = rule && expectedSize(rule, defaultListSize, { node, field, definition });
      const isSizedBelow = (rule?.sizedFields?.length ?? 0) > 0;
      const below = new Map(
        isSizedBelow && expected !== undefined
          ? rule?.sizedFields?.map((inner): [string, Amount] => [inner, expected])
          : [],
      );
      const size = isListType(getNullableType(field.type))
        ? (sizes.get(name) ?? (isSizedBelow ? undefined : expected) ?? defaultListSize)
        : 1;
      const type = getNamedType(field.type);
      const inner = isCompositeType(type) ? costOfSelections(type, [collected], below) : 0;
      const weight = weightOfField(parent, field);
      const whole = sum([weightOfArguments(parent, collected), product(size, sum([weight, inner]))]);
      if (conditions.length === 0) return whole;
      return product(whole, (variables) => (conditions.every((holds) => holds(variables)) ? 1 : 0));
    };

    const root = schema.getRootType(definition.operation);
    if (!root) return 0;
    const fields = collect(root, [definition.selectionSet]);
    const base = definition.operation === 'mutation' ? mutationWeight : 0;
    return sum([base, ...fields.map((field) => costOfField(field, new Map()))]);
  };

  /** The field's own weight, else its type's. An interface's is that of the costliest type behind it. */
  function weightOfField(parent: GraphQLCompositeType, field: GraphQLField<unknown, unknown>): number {
    const parents = isInterfaceType(parent) ? [parent, ...schema.getPossibleTypes(parent)] : [parent];
    const weights = parents.flatMap(({ name }) => rules.weights.get(`${name}.${field.name}`) ?? []);
    return weights.length > 0 ? Math.max(...weights) : weightOfType(field.type);
  }

  function weightOfType(type: GraphQLOutputType): number {
    const named = getNamedType(type);
    const own = rules.weights.get(named.name);
    if (own !== undefined) return own;
    if (isAbstractType(named)) return Math.max(0, ...schema.getPossibleTypes(named).map(weightOfType));
    return isObjectType(named) ? objectWeight : 0;
  }

  function weightOfArguments(parent: GraphQLCompositeType, { nodes: [node] }: CollectedField): number {
    return (node.arguments ?? [])
      .map(({ name }) => rules.weights.get(`${parent.name}.${node.name.value}(${name.value}:)`) ?? 0)
      .reduce((total, weight) => total + weight, 0);
  }
}
