import type { Exchange, Plugin, Result, ResultStream } from '../operation/exchange.ts';

/** Whether the client asked, by the header `x-gatehouse-cost: 1` or, where there are no headers, `extensions.cost: true`. */
export const asksForCost = ({ asksForCost, parameters }: Exchange): boolean =>
  asksForCost === true || parameters.extensions.cost === true;

/** Executes as `execute` does, and tells those who ask what the operation was estimated to cost: `extensions.cost`. */
export const reportingCost = (execute: Plugin, limit: number): Plugin => ({
  name: execute.name,
  run(exchange) {
    const running = execute.run(exchange);
    if (!asksForCost(exchange)) return running;
    return running ? running.then(() => report(exchange, limit)) : report(exchange, limit);
  },
});

function report(exchange: Exchange, limit: number): void {
  const { outcome, cost } = exchange;
  const known = { estimated: cost, limit };
  const told = (result: Result): Result => ({
    ...result,
    extensions: { ...result.extensions, cost: known },
  });
  if (outcome?.kind === 'result') exchange.outcome = { kind: 'result', result: told(outcome.result) };
  if (outcome?.kind === 'text') exchange.outcome = { kind: 'text', text: withCost(outcome.text, known) };
  if (outcome?.kind === 'stream')
    exchange.outcome = { kind: 'stream', stream: tellFirst(outcome.stream, told) };
}

/** Written JSON is not read again: only the rare answer that has extensions already is. */
function withCost(text: string, cost: { estimated: number; limit: number }): string {
  if (!text.includes('"extensions":'))
    return `${text.slice(0, -1)},"extensions":${JSON.stringify({ cost })}}`;
  const result = JSON.parse(text) as Result;
  return JSON.stringify({ ...result, extensions: { ...result.extensions, cost } });
}

/** The first event carries it; the others cost the same. */
function tellFirst(stream: ResultStream, told: (result: Result) => Result): ResultStream {
  let isFirst = true;
  const telling: ResultStream = {
    async next() {
      const { done, value } = await stream.next();
      if (done || !isFirst) return { done, value } as IteratorResult<Result>;
      isFirst = false;
      return { done: false, value: told(value) };
    },
    return: () => stream.return(),
    [Symbol.asyncIterator]: () => telling,
  };
  return telling;
}
