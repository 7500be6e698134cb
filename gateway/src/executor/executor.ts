import type { Exchange, Result } from '../operation/exchange.ts';

/** Turns a plan into an answer. Never rejects: what goes wrong is an error of the result, fit for the client. */
export interface Executor {
  execute(exchange: Exchange): Promise<Result>;
  /** `execute`, with the answer as JSON; it may be there at once. */
  executeToJson?(exchange: Exchange): string | Promise<string>;
  /** The answer to one event of a subscription: `event` is what the primary fetch of the plan would have answered. */
  executeEvent(exchange: Exchange, event: Result): Promise<Result>;
}
