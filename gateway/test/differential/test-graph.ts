import './corrected-reference.ts';
import { composeServices } from '@apollo/composition';
import type { Caller } from '@gatehouse/identity';
import { createLogger } from '@gatehouse/service-kit';
import type { Subgraph } from '@gatehouse/service-kit/subgraph';
import { type DocumentNode, execute, type GraphQLSchema, parse } from 'graphql';
import { createCounts } from '../../src/engine/counts.ts';
import type { Executor } from '../../src/executor/executor.ts';
import { createStockExecutor } from '../../src/executor/stock-executor.ts';
import { createDocuments } from '../../src/operation/prepare.ts';
import { createPlanner } from '../../src/planner/planner.ts';
import {
  type SubgraphConnection,
  type SubgraphConnections,
  type SubgraphRequest,
  type SubgraphResult,
  unavailable,
} from '../../src/subgraphs/connection.ts';
import { inProcess } from '../../src/subgraphs/in-process.ts';
import { loadSupergraph } from '../../src/supergraph/load.ts';
import { protectedFields } from '../../src/supergraph/protected-fields.ts';
import { latenessOf, spoil } from './faults.ts';
import { type MockContext, mockSubgraphSchema } from './mock-subgraph.ts';
import { hashOf } from './random.ts';
import type { TestSupergraph } from './supergraphs/supergraph.ts';

/** What the subgraphs do in one run of one operation. */
export type Scenario = {
  /** Seeds faults of resolvers, which the subgraph itself turns into nulls and errors. */
  resolverFaults: string | null;
  /** Seeds faults of answers: what a subgraph, or the way to it, gets wrong. */
  answerFaults: string | null;
};

export const noFaults: Scenario = { resolverFaults: null, answerFaults: null };

export type TestGraph = Awaited<ReturnType<typeof createTestGraph>>;
export type ExecutorFactory = (given: {
  supergraph: Awaited<ReturnType<typeof loadSupergraph>>;
  connections: SubgraphConnections;
  logger: ReturnType<typeof createLogger>;
  fallback: Executor;
}) => Executor;

/** Far above what an operation of the generator reaches. */
const cacheBytes = 33_554_432;
const limits = {
  depth: 100,
  aliases: 1_000,
  rootFields: 100,
  directives: 1_000,
  selections: 100_000,
  tokens: 100_000,
};
const quiet = createLogger({ name: 'differential', level: 'fatal' }, { write: () => {} });

/** Composes subgraphs into the supergraph of a test, as the product's own are composed. */
export function compose({ name, subgraphs }: TestSupergraph): string {
  const services = Object.entries(subgraphs).map(([service, sdl]) => ({
    name: service,
    url: `http://${service}`,
    typeDefs: parse(sdl),
  }));
  const { supergraphSdl, errors } = composeServices(services);
  if (!supergraphSdl) throw new Error(`${name}: ${errors?.map(({ message }) => message).join('\n')}`);
  return supergraphSdl;
}

/** A supergraph with mocked subgraphs, and two executors over the very same connections. */
export async function createTestGraph(source: TestSupergraph & { sdl?: string }, other: ExecutorFactory) {
  const sdl = source.sdl ?? compose(source);
  // The mocked subgraphs claim to enforce all of it: here nobody calls who may not.
  const state = createState(protectedFields(parse(sdl)).map(({ coordinate }) => coordinate));
  const schemas = new Map(
    Object.entries(source.subgraphs).map(([name, sdl]) => [name, mockSubgraphSchema(sdl)]),
  );
  const connect = (make: (name: string, schema: GraphQLSchema) => SubgraphConnection) =>
    Object.fromEntries(
      [...schemas].map(([name, schema]) => [name, make(name, schema)]),
    ) as SubgraphConnections;
  const mocked = connect((name, schema) => mockedConnection(name, schema, state));
  const mounted = connect((name, schema) => inProcess(mountable(name, schema, state), { logger: quiet }));
  const supergraph = await loadSupergraph(sdl, mocked);
  const counts = createCounts();
  const pairOver = (connections: SubgraphConnections) => {
    const stock = createStockExecutor({ supergraph, connections, logger: quiet });
    const fallback = createStockExecutor({ supergraph, connections, logger: quiet });
    return { stock, compiled: other({ supergraph, connections, logger: quiet, fallback }) };
  };
  return {
    name: source.name,
    aliasesArguments: source.aliasesArguments ?? false,
    api: supergraph.api,
    documents: createDocuments({ api: supergraph.api, limits, cacheBytes, counts: counts.documents }),
    planner: createPlanner(supergraph, { cacheBytes, counts: counts.plans }),
    /** Over connections that can spoil every answer. */
    mocked: pairOver(mocked),
    /** Over the product's own way to subgraphs in its process; only resolvers fail. */
    mounted: pairOver(mounted),
    /** What the primary fetch of a subscription would answer. */
    firstAnswer: (name: string, request: SubgraphRequest) =>
      (mocked as Record<string, SubgraphConnection>)[name]?.execute(request),
    begin: state.begin,
  };
}

type State = ReturnType<typeof createState>;

function createState(protectedFields: readonly string[]) {
  let scenario = noFaults;
  let mutations = 0;
  let branches = false;
  return {
    /** `hasBranches`: parts of the plan run at the same time. */
    begin(next: Scenario, hasBranches: boolean) {
      scenario = next;
      branches = hasBranches;
      mutations = 0;
    },
    hasBranches: () => branches,
    protectedFields,
    scenario: () => scenario,
    context: (): MockContext => ({
      faultSeed: scenario.resolverFaults,
      nextMutation: () => ++mutations,
    }),
  };
}

const maxRemembered = 20_000;

/** Answers are made once per question and remembered as text: everybody gets a copy of his own. */
function mockedConnection(name: string, schema: GraphQLSchema, state: State): SubgraphConnection {
  const documents = new Map<string, DocumentNode>();
  const answers = new Map<string, string>();

  const documentOf = (query: string) => {
    const known = documents.get(query) ?? parse(query, { noLocation: true });
    documents.set(query, known);
    return known;
  };

  const answerOf = async ({ query, operationName, variables }: SubgraphRequest): Promise<SubgraphResult> => {
    const key = JSON.stringify([state.scenario().resolverFaults, query, variables]);
    const known = answers.get(key);
    if (known !== undefined) return JSON.parse(known);
    const document = documentOf(query);
    const result = await execute({
      schema,
      document,
      operationName,
      variableValues: variables,
      contextValue: state.context(),
    });
    const text = JSON.stringify(result);
    const isMutation = document.definitions.some(
      (node) => 'operation' in node && node.operation === 'mutation',
    );
    if (answers.size > maxRemembered) answers.clear();
    if (!isMutation) answers.set(key, text);
    return JSON.parse(text);
  };

  const knownAnswer = ({ query, variables }: SubgraphRequest): SubgraphResult | undefined => {
    const known = answers.get(JSON.stringify([state.scenario().resolverFaults, query, variables]));
    return known === undefined ? undefined : JSON.parse(known);
  };

  const isHonest = () => {
    const { resolverFaults, answerFaults } = state.scenario();
    return resolverFaults === null && answerFaults === null;
  };

  const connection: SubgraphConnection = {
    async execute(request) {
      const { answerFaults: seed } = state.scenario();
      const honest = await answerOf(request);
      if (isHonest() && !state.hasBranches()) return honest;
      // In a turn of its own: branches of a plan then see contradicting answers in the order they asked, whoever executes.
      const turns = 1 + (seed === null ? 0 : latenessOf(seed, name, request.query));
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
      return seed === null
        ? honest
        : spoil({ seed, subgraph: name, request, inTurn: !state.hasBranches() }, honest);
    },
    async *subscribe() {
      yield unavailable('test', 'UNREADABLE', false);
    },
    forward: async () => {},
    enforced: async () => state.protectedFields,
    ready: async () => [],
    close: async () => {},
  };
  if (hashOf(name) % 2 === 0) return connection;
  // Every other subgraph answers at once, where it can. Not in branches, nor while it lies or fails: what they make of
  // contradicting answers depends on which comes first, and that is nobody's promise.
  return {
    ...connection,
    prepare: (query, operationName) => (given) => {
      const request = { ...given, query, operationName };
      return (isHonest() && !state.hasBranches() && knownAnswer(request)) || connection.execute(request);
    },
  };
}

const mountable = (name: string, schema: GraphQLSchema, state: State): Subgraph<Caller> => ({
  name: name as never,
  schema,
  enforced: [],
  context: () => state.context(),
  routes: [],
  ready: async () => {},
  start: async () => {},
  stop: async () => {},
});
