import { type DocumentNode, execute, GraphQLError, parse, validate } from 'graphql';
import { GatehouseError } from '../errors.ts';
import { answerOf } from './answer.ts';
import type { CallSubgraph } from './call.ts';
import type { Subgraph, SubgraphName } from './subgraph.ts';

export type InProcessTarget<Caller> = (name: SubgraphName) => Subgraph<Caller> | undefined;

/** Service calls to subgraphs of the same process. Documents are parsed and validated once. */
export function callInProcess<Caller>(targetOf: InProcessTarget<Caller>, caller: Caller): CallSubgraph {
  const documents = new Map<string, DocumentNode>();

  const documentOf = (subgraph: Subgraph<Caller>, text: string): DocumentNode => {
    const key = `${subgraph.name}\n${text}`;
    const known = documents.get(key);
    if (known) return known;
    const document = parse(text);
    const [problem] = validate(subgraph.schema, document);
    if (problem) throw new Error(`${subgraph.name}: ${problem.message}`);
    documents.set(key, document);
    return document;
  };

  return async <Result>(
    name: SubgraphName,
    operation: { toString(): string },
    variables: Record<string, unknown>,
  ) => {
    const subgraph = targetOf(name);
    if (!subgraph) throw new GatehouseError('SUBGRAPH_UNAVAILABLE', `${name} is not mounted`);
    const result = await execute({
      schema: subgraph.schema,
      document: documentOf(subgraph, operation.toString()),
      variableValues: variables,
      contextValue: subgraph.context(caller),
    });
    const surprise = result.errors?.find(
      (error) => error.originalError && !(error.originalError instanceof GraphQLError),
    );
    if (surprise?.originalError) throw surprise.originalError;
    return answerOf<Result>(name, {
      data: result.data,
      errors: result.errors?.map((error) => error.toJSON()),
    });
  };
}
