import { graphOf, type Plugin, planned } from '../operation/exchange.ts';
import type { LiveStreams } from '../streams/live-stream.ts';

/** Answers queries and mutations by the plan, and opens the stream of a subscription. */
export const execute = (streams: LiveStreams): Plugin => ({
  name: 'execute',
  run(exchange) {
    const { operation } = planned(exchange);
    const { executor } = graphOf(exchange);
    if (operation.kind === 'subscription') {
      return streams.open(exchange).then((stream) => {
        exchange.outcome = { kind: 'stream', stream };
      });
    }
    if (!exchange.takesText || !executor.executeToJson) {
      return executor.execute(exchange).then((result) => {
        exchange.outcome = { kind: 'result', result };
      });
    }
    const text = executor.executeToJson(exchange);
    if (typeof text === 'string') {
      exchange.outcome = { kind: 'text', text };
      return;
    }
    return text.then((written) => {
      exchange.outcome = { kind: 'text', text: written };
    });
  },
});
