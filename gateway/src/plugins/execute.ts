import type { Executor } from '../executor/executor.ts';
import { type Plugin, planned } from '../operation/exchange.ts';
import type { LiveStreams } from '../streams/live-stream.ts';

/** Answers queries and mutations by the plan, and opens the stream of a subscription. */
export const execute = (executor: Executor, streams: LiveStreams): Plugin => ({
  name: 'execute',
  async run(exchange) {
    const { operation } = planned(exchange);
    exchange.outcome =
      operation.kind === 'subscription'
        ? { kind: 'stream', stream: await streams.open(exchange) }
        : { kind: 'result', result: await executor.execute(exchange) };
  },
});
