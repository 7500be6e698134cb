import {
  type ConstDirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  type EnumTypeDefinitionNode,
  type InterfaceTypeDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  type ScalarTypeDefinitionNode,
} from 'graphql';

/** A field that asks for authorization and the graphs that can resolve it, by their `join__Graph` values. */
export type ProtectedField = { coordinate: string; graphs: string[] };

const protecting = new Set(['authenticated', 'requiresScopes', 'policy']);

/**
 * Every field of the supergraph under `@authenticated` or `@requiresScopes`, its own or its type's. A protected type that
 * is not an object stands for itself: nobody enforces that.
 */
export function protectedFields(supergraph: DocumentNode): ProtectedField[] {
  return supergraph.definitions.flatMap((type) => {
    if (type.kind !== Kind.OBJECT_TYPE_DEFINITION) return isOpenType(type) ? [wholeOf(type)] : [];
    const wholeType = isProtected(type.directives);
    return (type.fields ?? [])
      .filter((field) => wholeType || isProtected(field.directives))
      .map((field) => ({
        coordinate: `${type.name.value}.${field.name.value}`,
        graphs: graphsOfField(field.directives ?? [], type),
      }));
  });
}

type OpenType = InterfaceTypeDefinitionNode | EnumTypeDefinitionNode | ScalarTypeDefinitionNode;

const isOpenType = (node: DefinitionNode): node is OpenType =>
  (node.kind === Kind.INTERFACE_TYPE_DEFINITION ||
    node.kind === Kind.ENUM_TYPE_DEFINITION ||
    node.kind === Kind.SCALAR_TYPE_DEFINITION) &&
  (isProtected(node.directives) ||
    ('fields' in node && (node.fields ?? []).some((field) => isProtected(field.directives))));

const wholeOf = (type: OpenType): ProtectedField => ({
  coordinate: type.name.value,
  graphs: graphsOfType(type.directives),
});

/** Subgraph names by `join__Graph` value. */
export function graphNames(supergraph: DocumentNode): Map<string, string> {
  const graphs = supergraph.definitions.find(
    (node) => node.kind === Kind.ENUM_TYPE_DEFINITION && node.name.value === 'join__Graph',
  );
  if (graphs?.kind !== Kind.ENUM_TYPE_DEFINITION) return new Map();
  return new Map(
    (graphs.values ?? []).map((value) => {
      const graph = value.directives?.find(({ name }) => name.value === 'join__graph');
      return [value.name.value, textOf(graph, 'name') ?? value.name.value];
    }),
  );
}

/** By `@join__field`; without any, the field is in every graph of its type. */
function graphsOfField(directives: readonly ConstDirectiveNode[], type: ObjectTypeDefinitionNode): string[] {
  const joins = directives.filter(({ name }) => name.value === 'join__field');
  const resolving = joins.filter((join) => textOf(join, 'external') !== 'true');
  const graphs = resolving.flatMap((join) => textOf(join, 'graph') ?? []);
  if (graphs.length > 0) return graphs;
  return graphsOfType(type.directives);
}

const graphsOfType = (directives: readonly ConstDirectiveNode[] = []): string[] =>
  directives.filter(({ name }) => name.value === 'join__type').flatMap((join) => textOf(join, 'graph') ?? []);

const isProtected = (directives: readonly ConstDirectiveNode[] = []): boolean =>
  directives.some(({ name }) => protecting.has(name.value));

function textOf(directive: ConstDirectiveNode | undefined, argument: string): string | undefined {
  const value = directive?.arguments?.find(({ name }) => name.value === argument)?.value;
  if (value?.kind === Kind.ENUM || value?.kind === Kind.STRING) return value.value;
  return value?.kind === Kind.BOOLEAN ? String(value.value) : undefined;
}
