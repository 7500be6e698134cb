import type { SubgraphRequest, SubgraphResult } from '../../src/subgraphs/connection.ts';
import { canonical, hashOf, type Random, randomOf } from './random.ts';

type Spoiling = {
  seed: string;
  subgraph: string;
  request: SubgraphRequest;
  /** No other fetch runs at the same time, so that none can be merged with this one. */
  inTurn: boolean;
};

/**
 * What a subgraph does wrong, by a seed. Entities are spoiled by their representation and whole answers by the text of the
 * query: an executor that asks for a duplicate once must get what one gets that asks twice.
 */
export function spoil(given: Spoiling, honest: SubgraphResult): SubgraphResult {
  const { seed, subgraph, request } = given;
  const scope = `${seed}|${subgraph}|${unnamed(request.query)}`;
  const random = randomOf(scope);
  if (random.chance(0.3)) {
    const spoiled = spoilWhole(random, given, honest);
    if (spoiled) return spoiled;
  }
  const representations = representationsOf(request);
  if (representations) spoilEntities(scope, representations, honest);
  else spoilData(randomOf(`${scope}|${canonical(request.variables)}`), honest, []);
  return honest;
}

/** Whether the answer comes late: by how many turns of the event loop. */
export function latenessOf(seed: string, subgraph: string, query: string): number {
  const random = randomOf(`late|${seed}|${subgraph}|${unnamed(query)}`);
  return random.chance(0.06) ? 1 + random.below(3) : 0;
}

/** Operations of one plan that differ only in their number are one question. */
const unnamed = (query: string) => query.replace(/^(\w+) \w+/, '$1');

const representationsOf = ({ variables }: SubgraphRequest): unknown[] | undefined =>
  Array.isArray(variables.representations) ? variables.representations : undefined;

const unreadable = 'SUBGRAPH_UNAVAILABLE';

/** A fault of the whole answer. */
function spoilWhole(
  random: Random,
  { request, inTurn }: Spoiling,
  honest: SubgraphResult,
): SubgraphResult | undefined {
  const anyAnswer = [
    () => ({
      errors: [{ message: 'A part of the graph did not answer.', extensions: { code: unreadable } }],
    }),
    () => {
      throw new Error('the connection threw');
    },
    () => ({ errors: [{ message: 'Not now.', extensions: { code: 'OVERLOADED', retryAfter: 3 } }] }),
    () => ({ errors: [{ message: 'No code.' }] }),
    () => ({ data: null, errors: [{ message: 'Nothing.', path: null, extensions: { code: 'NOT_FOUND' } }] }),
    () => ({ data: null }),
    () => ({}),
    () => ({ ...honest, errors: [] }),
    () => ({ data: {} }),
    () => ({ ...honest, extensions: { cost: 7 } }),
    () => ({ ...honest, errors: [{ message: '', path: ['nowhere', 'at all'], extensions: {} }] }),
    () => ({ ...honest, errors: [error('Twice.', 'CONFLICT'), error('Twice.', 'CONFLICT')] }),
  ];
  const representations = representationsOf(request);
  if (!representations) return random.pick(anyAnswer)() as SubgraphResult;
  const { data } = honest as { data?: { _entities?: unknown[] } };
  const answers = data?._entities ?? [];
  const entities = (list: unknown) => ({ data: { _entities: list } });
  const ofEntities = [
    () => entities(answers.slice(0, -1)),
    () => entities([...answers, null]),
    () => entities([]),
    () => entities(null),
    () => entities({ length: representations.length }),
    () => entities(inTurn ? shuffled(representations, answers) : answers),
    () => entities(answers.map(() => null)),
    () => ({ data: {}, errors: [error('All of them.', 'FORBIDDEN', ['_entities'])] }),
    () =>
      inTurn ? { ...honest, errors: [error('Beyond.', 'CONFLICT', ['_entities', 1_000, 'x'])] } : honest,
  ];
  return random.pick([...anyAnswer, ...ofEntities])() as SubgraphResult;
}

const error = (message: string, code: string, path?: (string | number)[]) => ({
  message,
  ...(path && { path }),
  extensions: { code },
});

/** Every distinct representation gets the answer of the next one: whoever asks twice for one gets the same twice. */
function shuffled(representations: readonly unknown[], answers: readonly unknown[]): unknown[] {
  const texts = representations.map(canonical);
  const distinct = [...new Set(texts)].sort();
  return texts.map((text) => {
    const next = distinct[(distinct.indexOf(text) + 1) % distinct.length] as string;
    return structuredClone(answers[texts.indexOf(next)]);
  });
}

type SpoiledError = { message: string; path: (string | number)[]; extensions?: Record<string, unknown> };

function spoilEntities(scope: string, representations: readonly unknown[], result: SubgraphResult): void {
  const { data } = result as { data?: { _entities?: unknown[] } | null };
  const answers = data?._entities;
  if (!Array.isArray(answers)) return;
  for (const [n, representation] of representations.entries()) {
    const random = randomOf(`${scope}|${canonical(representation)}`);
    if (!random.chance(0.3)) continue;
    const path = ['_entities', n];
    if (random.chance(0.25)) {
      answers[n] = null;
      if (random.chance(0.7)) addError(result, errorAt(random, path));
      continue;
    }
    if (random.chance(0.3))
      addError(result, errorAt(random, [...path, random.pick(['name', 'id', '__proto__'])]));
    const answer = answers[n];
    if (typeof answer === 'object' && answer !== null) spoilOneValue(random, answer as Tree, 0);
  }
}

function spoilData(random: Random, result: SubgraphResult, path: (string | number)[]): void {
  const { data } = result;
  if (!data || !random.chance(0.5)) return;
  if (random.chance(0.3)) addError(result, errorAt(random, [...path, ...pathInto(random, data)]));
  const times = 1 + random.below(2);
  for (let n = 0; n < times; n++) spoilOneValue(random, data as Tree, 0);
}

function errorAt(random: Random, path: (string | number)[]): SpoiledError {
  const message = `Fault ${hashOf(path.filter((part) => typeof part === 'string').join('.'))}.`;
  const code = random.pick([
    'NOT_FOUND',
    'FORBIDDEN',
    'BAD_USER_INPUT',
    'INTERNAL_SERVER_ERROR',
    'UNKNOWN_CODE',
    undefined,
  ]);
  const details = random.chance(0.3)
    ? { fields: [{ path: 'x', message: 'is wrong' }], hidden: 'secret' }
    : {};
  return { message, path, ...(code && { extensions: { code, ...details } }) };
}

function addError(result: SubgraphResult, error: SpoiledError): void {
  const changing = result as { errors?: unknown[] };
  changing.errors = [...(changing.errors ?? []), error];
}

type Tree = Record<string, unknown> | unknown[];

function pathInto(random: Random, tree: unknown): (string | number)[] {
  if (typeof tree !== 'object' || tree === null || random.chance(0.25)) return [];
  const keys = Object.keys(tree);
  if (keys.length === 0) return [];
  const key = random.pick(keys);
  return [
    Array.isArray(tree) ? Number(key) : key,
    ...pathInto(random, (tree as Record<string, unknown>)[key]),
  ];
}

/** Goes down by chance and puts something wrong in one place. */
function spoilOneValue(random: Random, tree: Tree, depth: number): void {
  const holder = tree as Record<string, unknown>;
  const keys = Object.keys(holder);
  if (keys.length === 0) return;
  const key = random.pick(keys);
  const value = holder[key];
  if (typeof value === 'object' && value !== null && depth < 8 && random.chance(0.65)) {
    spoilOneValue(random, value as Tree, depth + 1);
    return;
  }
  if (key === '__typename' && !Array.isArray(tree)) spoilTypename(random, holder);
  else if (random.chance(0.35)) holder[key] = null;
  else if (!Array.isArray(tree) && random.chance(0.25)) delete holder[key];
  else holder[key] = wrongValue(random, value);
}

function spoilTypename(random: Random, holder: Record<string, unknown>): void {
  const wrong = random.pick([
    'Nobody',
    'Query',
    'String',
    '',
    null,
    undefined,
    'constructor',
    '__proto__',
    'Node',
  ]);
  if (wrong === undefined) delete holder.__typename;
  else holder.__typename = wrong;
}

/** Something of the wrong kind, or of the right kind and out of its range. */
function wrongValue(random: Random, value: unknown): unknown {
  if (Array.isArray(value)) {
    return random.pick<() => unknown>([
      () => value.slice(1),
      () => [...value, ...structuredClone(value)],
      () => [null, ...value],
      () => [],
    ])();
  }
  if (typeof value === 'object') return random.pick<unknown>([null, {}, { __typename: 'Nobody' }]);
  return random.pick<unknown>([
    'a string',
    7,
    -1.5,
    true,
    { an: 'object' },
    ['a list'],
    2_147_483_648,
    '',
    'NOT_A_VALUE',
    2 ** 53 + 2,
  ]);
}
