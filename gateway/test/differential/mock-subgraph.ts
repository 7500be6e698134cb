import { buildSubgraphSchema } from '@apollo/subgraph';
import { GatehouseError } from '@gatehouse/service-kit';
import {
  type DocumentNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isAbstractType,
  isEnumType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  parse,
  visit,
} from 'graphql';
import { canonical, hashOf, type Random, randomOf } from './random.ts';

/** What a mocked resolver may do besides answering. */
export type MockContext = {
  /** Where set, some resolvers fail or answer null where they must not, by this seed. */
  faultSeed: string | null;
  /** How many mutations this request has run, this one included. */
  nextMutation(): number;
};

/** An object of the mocked graph: all its fields follow from its number and what the gateway sent along. */
type MockObject = { __typename: string; number: number; given: Record<string, unknown> };

/** Few, so that the same entity is met again and again. */
const entities = 5;
const maxItems = 3;

const texts = [
  '',
  'plain',
  'with "quotes" and \\ and /',
  'line\nbreak\ttab',
  'é ü 漢 💥',
  '\u2028\u2029</script>',
  '\ud800 alone',
];
const integers = [0, 1, -1, 42, 2_147_483_647, -2_147_483_648];
const floats = [0, 0.5, -1.25, 1e21, 1e-7, 3];
const customs = ['text', 7, true, { a: [1, { b: null }] }, [1, 'two'], { __typename: 'Odd', length: 3 }, 1.5];

/**
 * A subgraph whose resolvers make every value up from the type, the field, its arguments and the entity's number: the same
 * question always has the same answer, in every process, and a value that was computed from wrong `@requires` data differs.
 */
export function mockSubgraphSchema(sdl: string): GraphQLSchema {
  const typeDefs = parse(sdl, { noLocation: true });
  const keyed = entityTypes(typeDefs);
  const keyFields = namesInKeys(typeDefs);
  const references = Object.fromEntries(
    [...keyed].map((name) => [
      name,
      { __resolveReference: (given: Given, context: MockContext) => resolveReference(name, given, context) },
    ]),
  );
  const schema = buildSubgraphSchema([{ typeDefs, resolvers: references as never }]);
  const invent = inventor(schema, keyFields);

  const resolveReference = (name: string, given: Given, { faultSeed }: MockContext) => {
    const number = numberIn(given);
    // An entity that its owner does not know.
    if (faultSeed !== null && hashOf(`${faultSeed}|${name}|${number}`) % 6 === 0) return null;
    const type = schema.getType(name);
    const concrete = isInterfaceType(type) ? concreteOf(schema, type, number) : name;
    return { __typename: concrete, number, given };
  };

  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('_')) continue;
    for (const field of Object.values(type.getFields())) {
      if (field.name === '_entities' || field.name === '_service') continue;
      field.resolve = mockResolver(schema, type.name, field, invent);
      if (type === schema.getSubscriptionType()) field.subscribe = () => onlyOnce();
    }
  }
  return schema;
}

type Given = Record<string, unknown>;
type Invent = (type: GraphQLOutputType, seed: string, name: string, number: number) => unknown;

function mockResolver(
  schema: GraphQLSchema,
  typeName: string,
  field: GraphQLField<unknown, MockContext>,
  invent: Invent,
) {
  const requires = field.astNode?.directives?.some(({ name }) => name.value === 'requires') ?? false;
  const isMutation = typeName === schema.getMutationType()?.name;
  return (parent: MockObject | undefined, args: Given, context: MockContext): unknown => {
    const number = parent?.number ?? 0;
    const seed = `${typeName}.${field.name}(${JSON.stringify(args)})#${number}`;
    if (context.faultSeed !== null) {
      const fault = faultOf(`${context.faultSeed}|${seed}`);
      if (fault) return fault();
    }
    if (isMutation) return invent(field.type, `${seed}@${context.nextMutation()}`, field.name, number);
    const given = parent?.given;
    if (given && Object.hasOwn(given, field.name) && field.args.length === 0) {
      return adopt(field.type, given[field.name]);
    }
    return invent(field.type, requires ? `${seed}${canonical(given)}` : seed, field.name, number);
  };
}

/** A failure of one resolver, in a fifth of them. */
function faultOf(seed: string): (() => unknown) | undefined {
  const random = randomOf(seed);
  if (!random.chance(0.2)) return undefined;
  return random.pick([
    () => null,
    () => {
      throw new GatehouseError('NOT_FOUND', `Not found: ${hashOf(seed)}.`);
    },
    () => {
      throw new GatehouseError('RATE_LIMITED', 'Too fast.', { retryAfter: random.below(9), internal: true });
    },
    () => {
      throw new Error('a surprise that no client may read');
    },
    // Not in a promise: graphql-js leaves a rejected one of a list unhandled when a sibling throws at once.
    () => {
      throw new GatehouseError('FORBIDDEN', 'Not yours.');
    },
    () => ({ __typename: 'Nonsense' }),
  ]);
}

/** What the gateway sent with a representation, as objects of the graph. */
function adopt(type: GraphQLOutputType, value: unknown): unknown {
  if (isNonNullType(type)) return adopt(type.ofType, value);
  if (value === null || value === undefined) return null;
  if (isListType(type)) return Array.isArray(value) ? value.map((item) => adopt(type.ofType, item)) : null;
  if (!isObjectType(type) && !isAbstractType(type)) return value;
  const given = value as Given;
  return { __typename: given.__typename ?? type.name, number: numberIn(given), given };
}

function inventor(schema: GraphQLSchema, keyFields: Set<string>): Invent {
  const invent: Invent = (type, seed, name, number) => {
    const random = randomOf(seed);
    if (isNonNullType(type)) return some(type.ofType, seed, name, number, random);
    return random.chance(0.12) ? null : some(type, seed, name, number, random);
  };
  const some = (
    type: GraphQLOutputType,
    seed: string,
    name: string,
    number: number,
    random: Random,
  ): unknown => {
    if (isNonNullType(type)) return some(type.ofType, seed, name, number, random);
    if (isListType(type)) {
      return Array.from({ length: random.below(maxItems + 1) }, (_, n) =>
        invent(type.ofType, `${seed}[${n}]`, name, number),
      );
    }
    if (isObjectType(type)) return { __typename: type.name, number: random.below(entities), given: {} };
    if (isAbstractType(type)) {
      const chosen = random.below(entities);
      return { __typename: concreteOf(schema, type, chosen), number: chosen, given: {} };
    }
    if (isEnumType(type)) return random.pick(type.getValues()).value;
    return leafOf(type.name, keyFields.has(name) ? { name, number } : undefined, random);
  };
  return invent;
}

/** The entity's own type: the same number is always the same thing. */
const concreteOf = (schema: GraphQLSchema, type: GraphQLNamedType, number: number): string => {
  const possible = isAbstractType(type) ? schema.getPossibleTypes(type) : [];
  return possible[number % possible.length]?.name ?? type.name;
};

/** Fields of keys carry the entity's number, so that a reference leads back to it. */
function leafOf(type: string, key: { name: string; number: number } | undefined, random: Random): unknown {
  switch (type) {
    case 'ID':
      return key ? `${key.name}-${key.number}` : random.pick(['7', 'an id', '']);
    case 'String':
      return key ? `${key.name}-${key.number}` : random.pick(texts);
    case 'Int':
      return key ? key.number : random.pick(integers);
    case 'Float':
      return random.pick(floats);
    case 'Boolean':
      return random.chance(0.5);
    default:
      return random.pick(customs);
  }
}

/** The number of the entity that a representation means: from the first leaf that ends in digits. */
function numberIn(given: unknown): number {
  const found = firstNumber(given);
  return found ?? hashOf(canonical(given)) % entities;
}

function firstNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return Math.abs(Math.trunc(value)) % entities;
  if (typeof value === 'string') {
    const [digits] = /\d+$/.exec(value) ?? [];
    return digits === undefined ? undefined : Number(digits) % entities;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [name, inner] of Object.entries(value)) {
    const found = name === '__typename' ? undefined : firstNumber(inner);
    if (found !== undefined) return found;
  }
  return undefined;
}

function entityTypes(typeDefs: DocumentNode): Set<string> {
  const found = new Set<string>();
  for (const node of typeDefs.definitions) {
    const isType =
      node.kind === Kind.OBJECT_TYPE_DEFINITION ||
      node.kind === Kind.INTERFACE_TYPE_DEFINITION ||
      node.kind === Kind.OBJECT_TYPE_EXTENSION;
    if (isType && node.directives?.some(({ name }) => name.value === 'key')) found.add(node.name.value);
  }
  return found;
}

function namesInKeys(typeDefs: DocumentNode): Set<string> {
  const found = new Set<string>();
  visit(typeDefs, {
    Directive({ name, arguments: given }) {
      if (name.value !== 'key') return;
      for (const { value } of given ?? []) {
        if (value.kind === Kind.STRING) for (const word of value.value.match(/\w+/g) ?? []) found.add(word);
      }
    },
  });
  return found;
}

async function* onlyOnce() {
  yield {};
}
