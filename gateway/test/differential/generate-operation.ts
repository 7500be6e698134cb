import {
  doTypesOverlap,
  type GraphQLArgument,
  type GraphQLCompositeType,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isRequiredArgument,
  isUnionType,
  type OperationTypeNode,
  parse,
  validate,
} from 'graphql';
import { createInputs, type DeclaredVariable } from './generate-input.ts';
import { type Random, randomOf } from './random.ts';

export type GeneratedOperation = {
  source: string;
  name: string | undefined;
  /** Assignments of the variables: every one given, some absent, some null, by chance. */
  variableSets: Record<string, unknown>[];
};

const maxDepth = 6;
const maxSelections = 24;
const attempts = 40;
const hostileAliases = [
  'constructor',
  'toString',
  'hasOwnProperty',
  '__proto__',
  'then',
  'length',
  'valueOf',
  'prototype',
  'data',
  'errors',
];

/**
 * A valid operation over a schema, the same for the same seed: aliases, arguments, variables, fragments, `@skip` and
 * `@include`, `__typename`. Selections that happen to conflict are thrown away and tried again.
 */
export function generateOperation(
  schema: GraphQLSchema,
  options: { seed: string; kind: OperationTypeNode; variableSets: number; aliasesArguments?: boolean },
): GeneratedOperation {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const random = randomOf(`${options.seed}/${attempt}`);
    const written = writeOperation(schema, options, random);
    const source = written.source;
    if (validate(schema, parse(source)).length > 0) continue;
    const variableSets = Array.from({ length: options.variableSets }, (_, n) => written.variables(n));
    return { source, name: written.name, variableSets };
  }
  throw new Error(`no valid operation came of the seed ${options.seed}`);
}

function writeOperation(
  schema: GraphQLSchema,
  { kind, aliasesArguments = false }: { kind: OperationTypeNode; aliasesArguments?: boolean },
  random: Random,
) {
  const root = schema.getRootType(kind);
  if (!root) throw new Error(`the schema has no ${kind}`);
  const inputs = createInputs(random);
  const fragments = new Map<string, { on: string; text: string }>();
  const writing = new Set<string>();
  const named = random.chance(0.4);
  const name = named ? random.pick(['Op', 'Query', 'constructor', 'on_it']) : undefined;
  let left = 4 + random.below(maxSelections);
  let aliases = 0;
  let fragmentCount = 0;

  const isRoot = (depth: number) => depth === 0;

  const selectionSet = (type: GraphQLCompositeType, depth: number): string => {
    const wanted = kind === 'subscription' && isRoot(depth) ? 1 : 1 + random.below(4);
    const parts: string[] = [];
    for (let n = 0; n < wanted && (left > 0 || n === 0); n++) {
      left--;
      parts.push(selection(type, depth));
    }
    return `{ ${parts.join(' ')} }`;
  };

  const selection = (type: GraphQLCompositeType, depth: number): string => {
    const deep = depth >= maxDepth || left <= 0;
    const plain = kind === 'subscription' && isRoot(depth);
    if (!plain && !deep) {
      if (isRoot(depth) && random.chance(0.85)) return field(type, depth, deep) ?? '__typename';
      if (random.chance(isAbstractType(type) ? 0.45 : 0.1)) return inlineFragment(type, depth);
      if (random.chance(0.1)) return spread(type, depth);
      if (random.chance(0.06)) return `${alias(0.3)}__typename${conditions()}`;
    }
    return field(type, depth, deep) ?? `__typename${conditions()}`;
  };

  const field = (type: GraphQLCompositeType, depth: number, deep: boolean): string | undefined => {
    if (isUnionType(type)) return deep ? undefined : inlineFragment(type, depth);
    const all = Object.values(type.getFields());
    const fitting = deep ? all.filter((one) => !isCompositeType(getNamedType(one.type))) : all;
    if (fitting.length === 0) return undefined;
    // Towards the root, fields that lead somewhere are worth more.
    const leading = fitting.filter((one) => isCompositeType(getNamedType(one.type)));
    const chosen = random.pick(leading.length > 0 && random.chance(0.35) ? leading : fitting);
    const given = argumentsOf(chosen.args);
    const target = getNamedType(chosen.type);
    const inner = isCompositeType(target) ? ` ${selectionSet(target, depth + 1)}` : '';
    const plain = kind === 'subscription' && isRoot(depth);
    const mustAlias = aliasesArguments && chosen.args.length > 0;
    return `${alias(mustAlias ? 1 : given ? 0.85 : 0.12)}${chosen.name}${given}${plain ? '' : conditions()}${inner}`;
  };

  const argumentsOf = (declared: readonly GraphQLArgument[]): string => {
    const given = declared.flatMap((one) => {
      if (!isRequiredArgument(one) && random.chance(0.4)) return [];
      return [`${one.name}: ${inputs.write(one.type, one.defaultValue !== undefined)}`];
    });
    return given.length > 0 ? `(${given.join(', ')})` : '';
  };

  const alias = (probability: number): string => {
    if (!random.chance(probability)) return '';
    return `${probability < 1 && random.chance(0.05) ? random.pick(hostileAliases) : `a${aliases++}`}: `;
  };

  const conditions = (): string => {
    if (!random.chance(0.12)) return '';
    const one = () => `@${random.pick(['skip', 'include'])}(if: ${inputs.condition()})`;
    return random.chance(0.1)
      ? ` @skip(if: ${inputs.condition()}) @include(if: ${inputs.condition()})`
      : ` ${one()}`;
  };

  const inlineFragment = (type: GraphQLCompositeType, depth: number): string => {
    const on = random.chance(0.1) && !isUnionType(type) ? undefined : random.pick(overlapping(schema, type));
    return `...${on ? ` on ${on.name}` : ''}${conditions()} ${selectionSet(on ?? type, depth + 1)}`;
  };

  const spread = (type: GraphQLCompositeType, depth: number): string => {
    const candidates = overlapping(schema, type);
    const known = [...fragments].filter(
      ([key, { on }]) => !writing.has(key) && candidates.some((candidate) => candidate.name === on),
    );
    if (known.length > 0 && random.chance(0.6)) return `...${random.pick(known)[0]}${conditions()}`;
    const on = random.pick(candidates);
    const key = `F${fragmentCount++}`;
    writing.add(key);
    fragments.set(key, { on: on.name, text: '' });
    const text = selectionSet(on, depth + 1);
    fragments.set(key, { on: on.name, text });
    writing.delete(key);
    return `...${key}${conditions()}`;
  };

  const body = selectionSet(root, 0);
  const definitions = [...fragments].map(([key, { on, text }]) => `fragment ${key} on ${on} ${text}`);
  const declared = inputs.declared();
  const header = declared.length > 0 ? `(${declared.map((one) => one.text).join(', ')})` : '';
  const start = name || header || kind !== 'query' ? `${kind}${name ? ` ${name}` : ''}${header} ` : '';
  return {
    source: [`${start}${body}`, ...definitions].join('\n'),
    name: random.chance(0.5) ? name : undefined,
    variables: (n: number) => assignmentOf(declared, n),
  };
}

/** The first assignment gives every variable; later ones leave some out. */
function assignmentOf(declared: readonly DeclaredVariable[], n: number): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const variable of declared) {
    const value = variable.value(n);
    if (value !== undefined) values[variable.name] = value;
  }
  return values;
}

const cachedOverlaps = new WeakMap<GraphQLSchema, Map<GraphQLNamedType, GraphQLCompositeType[]>>();

/** Types that a fragment inside of `type` can be about. */
function overlapping(schema: GraphQLSchema, type: GraphQLCompositeType): GraphQLCompositeType[] {
  const known = cachedOverlaps.get(schema) ?? new Map<GraphQLNamedType, GraphQLCompositeType[]>();
  cachedOverlaps.set(schema, known);
  const found = known.get(type);
  if (found) return found;
  const types = Object.values(schema.getTypeMap()).filter(
    (one): one is GraphQLCompositeType =>
      isCompositeType(one) && !one.name.startsWith('__') && doTypesOverlap(schema, type, one),
  );
  known.set(type, types);
  return types;
}
