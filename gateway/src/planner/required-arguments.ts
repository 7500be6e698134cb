import {
  baseType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  type Operation,
  possibleRuntimeTypes,
  type Schema,
  type SelectionSet,
} from '@apollo/federation-internals';
import { GatehouseError } from '@gatehouse/service-kit';
import {
  type FieldNode,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  type SelectionSetNode,
} from 'graphql';

export type RequiredArguments = {
  /** Refuses an operation whose plan would ask one field of an object with different arguments under one name. */
  check(operation: Operation): void;
};

type Claim = { text: string; isRequired: boolean };

/**
 * The planner asks for what `@requires` needs under the plain name of the field. When the same object needs that field with
 * two different arguments, or the client asks for it with others, one of them silently takes the place of the other
 * (query-planner 2.14). Such an operation is refused; its parts can be asked one by one.
 */
export function createRequiredArguments(supergraph: Schema, api: Schema): RequiredArguments {
  const required = requiredSelections(supergraph);
  const hasArguments = [...required.values()].some((sets) => sets.some((set) => print(set).includes('(')));
  if (!hasArguments) return { check: () => {} };

  return {
    check(operation) {
      const claims = new Map<string, Claim>();
      const visited = new Set<string>();

      const claim = (place: string, name: string, claimed: Claim, coordinate: string) => {
        const key = `${place}.${name}`;
        const known = claims.get(key);
        if (!known) claims.set(key, claimed);
        else if (known.text !== claimed.text && (known.isRequired || claimed.isRequired))
          throw refused(coordinate);
      };

      const claimRequired = (set: SelectionSetNode, place: string, typeName: string, coordinate: string) => {
        for (const selection of set.selections) {
          if (selection.kind === Kind.INLINE_FRAGMENT) {
            const condition = selection.typeCondition?.name.value;
            if (!condition || runtimeTypes(supergraph, condition).includes(typeName)) {
              claimRequired(selection.selectionSet, place, typeName, coordinate);
            }
          } else if (selection.kind === Kind.FIELD) {
            claimField(selection, place, typeName, coordinate);
          }
        }
      };

      const claimField = (node: FieldNode, place: string, typeName: string, coordinate: string) => {
        const name = node.name.value;
        claim(`${place}|${typeName}`, name, { text: textOf(node), isRequired: true }, coordinate);
        requireFor(place, typeName, name);
        const type = fieldTypeOf(supergraph, typeName, name);
        if (!node.selectionSet || !type) return;
        for (const inner of runtimeTypes(supergraph, type)) {
          claimRequired(node.selectionSet, `${place}.${name}`, inner, coordinate);
        }
      };

      const requireFor = (place: string, typeName: string, field: string) => {
        const key = `${place}|${typeName}.${field}`;
        if (visited.has(key)) return;
        visited.add(key);
        const coordinate = `${typeName}.${field}`;
        for (const set of required.get(coordinate) ?? []) claimRequired(set, place, typeName, coordinate);
      };

      const walk = (set: SelectionSet, place: string, types: readonly string[]) => {
        for (const selection of set.selections()) {
          if (selection.kind === 'FragmentSelection') {
            const { typeCondition } = selection.element;
            const fitting = typeCondition && runtimeTypes(api, typeCondition.name);
            walk(
              selection.selectionSet,
              place,
              fitting ? types.filter((one) => fitting.includes(one)) : types,
            );
            continue;
          }
          const { element, selectionSet } = selection;
          const key = element.responseName();
          const node = selection.toSelectionNode() as FieldNode;
          for (const typeName of types) {
            claim(
              `${place}|${typeName}`,
              key,
              { text: textOf(node), isRequired: false },
              `${typeName}.${element.name}`,
            );
            requireFor(place, typeName, element.name);
          }
          const type = element.definition.type;
          if (selectionSet && type)
            walk(selectionSet, `${place}.${key}`, runtimeTypes(api, baseType(type).name));
        }
      };

      const root = api.schemaDefinition.rootType(operation.rootKind);
      if (root) walk(operation.selectionSet, '', [root.name]);
    },
  };
}

/** Name and arguments, without alias, directives and selections. */
const textOf = ({ name, arguments: given }: FieldNode): string =>
  print({
    kind: Kind.FIELD,
    name,
    arguments: [...(given ?? [])].sort((a, b) => (a.name.value < b.name.value ? -1 : 1)),
  });

const refused = (coordinate: string) =>
  new GatehouseError(
    'GRAPHQL_VALIDATION_FAILED',
    `${coordinate} can't be asked for together with other fields of the same object here; ask in separate operations.`,
  );

/** What the fields of the supergraph require, by coordinate. */
function requiredSelections(supergraph: Schema): Map<string, SelectionSetNode[]> {
  const found = new Map<string, SelectionSetNode[]>();
  for (const type of supergraph.types()) {
    if (!isObjectType(type) && !isInterfaceType(type)) continue;
    for (const field of type.fields()) {
      const texts = field
        .appliedDirectivesOf('join__field')
        .map((directive) => (directive.arguments() as { requires?: string }).requires)
        .filter((text) => text !== undefined);
      if (texts.length > 0) found.set(field.coordinate, texts.map(selectionSetOf));
    }
  }
  return found;
}

const selectionSetOf = (text: string): SelectionSetNode =>
  (parse(`{${text}}`, { noLocation: true }).definitions[0] as OperationDefinitionNode).selectionSet;

function runtimeTypes(schema: Schema, name: string): string[] {
  const type = schema.type(name);
  return type && isCompositeType(type) ? possibleRuntimeTypes(type).map((one) => one.name) : [];
}

function fieldTypeOf(schema: Schema, typeName: string, name: string): string | undefined {
  const type = schema.type(typeName);
  const field = type && (isObjectType(type) || isInterfaceType(type)) ? type.field(name) : undefined;
  return field?.type && baseType(field.type).name;
}
