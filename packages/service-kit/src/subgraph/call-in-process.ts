import { GraphQLError, parse, validate } from 'graphql';
import { GatehouseError } from '../errors.ts';
import { type CompiledDocument, compileDocument } from '../execution/compile-document.ts';
import { answerOf } from './answer.ts';
import type { CallSubgraph } from './call.ts';
import type { Subgraph, SubgraphName } from './subgraph.ts';

export type InProcessTarget<Caller> = (name: SubgraphName) => Subgraph<Caller> | undefined;

/** Service calls to subgraphs of the same process. Documents are parsed, validated and compiled once. */
export function callInProcess<Caller>(targetOf: InProcessTarget<Caller>, caller: Caller): CallSubgraph {
  const documents = new Map<string, CompiledDocument>();

  const documentOf = (subgraph: Subgraph<Caller>, text: string): CompiledDocument => {
    const key = `${subgraph.name}\n${text}`;
    const known = documents.get(key);
    if (known) return known;
    const document = parse(text);
    const [problem] = validate(subgraph.schema, document);
    if (problem) throw new Error(`${subgraph.name}: ${problem.message}`);
    const compiled = compileDocument(subgraph.schema, document);
    documents.set(key, compiled);
    return compiled;
  };

  return async <Result>(
    name: SubgraphName,
    operation: { toString(): string },
    variables: Record<string, unknown>,
  ) => {
    const subgraph = targetOf(name);
    if (!subgraph) throw new GatehouseError('SUBGRAPH_UNAVAILABLE', `${name} is not mounted`);
    const run = documentOf(subgraph, operation.toString());
    const result = await run({ variables, context: subgraph.context(caller) });
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
