import { GatehouseError, type Logger } from '@gatehouse/service-kit';
import type { OperationTypeNode } from 'graphql';
import type { OperationMeasure } from '../metrics/measure-operations.ts';
import { type Exchange, newExchange, type Outcome, type Plugin } from '../operation/exchange.ts';
import { prepareBy } from '../operation/run-plugins.ts';
import type { Usage } from '../rates/usage.ts';
import { readParameters } from './read-parameters.ts';
import { describeRefusal, type Refusal } from './refusals.ts';

type Given = Pick<
  Exchange,
  'authorization' | 'proof' | 'client' | 'inboundTraceparent' | 'connection' | 'asksForCost'
>;

export type BatchAnswer = {
  /** That of the refusals when all were refused alike, else 200. */
  status: number;
  text: string;
  requestId: string;
  /** Rate limits as the last operation left them. */
  usages: readonly Usage[];
  retryAfter?: number | undefined;
};

const kinds = ['query', 'mutation'] as OperationTypeNode[];

/**
 * Answers a list of operations, in its order. Each goes through every plugin for itself. Queries run side by side; a
 * mutation waits for what came before it, and what comes after it waits for the mutation.
 */
export function createBatches(options: {
  plugins: readonly Plugin[];
  limit: number;
  measure: OperationMeasure;
  logger: Logger;
}) {
  const { limit, measure, logger } = options;
  const preparing = options.plugins.slice(0, -1);
  const executing = options.plugins.slice(-1);

  return async (batch: readonly unknown[], given: Given): Promise<BatchAnswer> => {
    if (limit === 0)
      throw new GatehouseError('BAD_REQUEST', 'Send one operation; lists are not accepted here.');
    if (batch.length === 0 || batch.length > limit)
      throw new GatehouseError('BAD_REQUEST', `Send 1 to ${limit} operations in a list.`);

    const answers: Promise<string | Refusal>[] = [];
    let last: Exchange | undefined;
    for (const operation of batch) {
      let exchange: Exchange | undefined;
      const refuse = (error: unknown) => {
        measure.refused(exchange, error);
        return describeRefusal(error, { requestId: exchange?.requestId ?? '', logger });
      };
      try {
        exchange = newExchange({
          ...given,
          parameters: readParameters(operation),
          allowedKinds: kinds,
          takesText: true,
        });
        last = exchange;
        await prepareBy(preparing, exchange);
      } catch (error) {
        answers.push(Promise.resolve(refuse(error)));
        continue;
      }
      const prepared = exchange;
      const execute = () =>
        prepareBy(executing, prepared)
          .then(() => {
            const text = textOf(prepared.outcome);
            measure.answered(prepared);
            return text;
          })
          .catch(refuse);
      const isMutation = prepared.operation?.kind === 'mutation';
      if (isMutation) await Promise.all(answers);
      const answer = execute();
      answers.push(answer);
      if (isMutation) await answer;
    }
    const told = await Promise.all(answers);
    const texts = told.map((one) => (typeof one === 'string' ? one : JSON.stringify({ errors: one.errors })));
    return {
      ...wholeOf(told),
      text: `[${texts.join(',')}]`,
      requestId: last?.requestId ?? '',
      usages: last?.usages ?? [],
    };
  };
}

function wholeOf(told: readonly (string | Refusal)[]): Pick<BatchAnswer, 'status' | 'retryAfter'> {
  const [first] = told;
  if (typeof first !== 'object') return { status: 200 };
  const isAlike = told.every((one) => typeof one === 'object' && one.status === first.status);
  return isAlike ? { status: first.status, retryAfter: first.retryAfter } : { status: 200 };
}

function textOf(outcome: Outcome | undefined): string {
  if (outcome?.kind === 'text') return outcome.text;
  if (outcome?.kind === 'result') return JSON.stringify(outcome.result);
  throw new Error('an operation of a batch was not answered');
}
