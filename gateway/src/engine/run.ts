import type { QueryPlan } from '@apollo/query-planner';
import type { Exchange, Result } from '../operation/exchange.ts';
import type { PreparedOperation } from '../operation/prepare.ts';

export type Data = Record<string, unknown>;

/** One execution of a plan: what it was asked with, and what its fetches have brought together so far. */
export type Run = {
  readonly exchange: Exchange;
  readonly operation: PreparedOperation;
  readonly variables: Record<string, unknown>;
  /** What the primary fetch of a subscription brought. */
  readonly event: Result | undefined;
  /** The answers of all fetches, merged; still with what only the plan asked for. */
  readonly data: Data;
  /** As they come: formatted errors of subgraphs, and whatever a fetch threw. */
  readonly errors: unknown[];
};

/**
 * A node of a plan, compiled. `at` is the part of the data that the node works on. It answers undefined when it has
 * finished already, so that a plan over subgraphs that answer at once never waits.
 */
export type Step = (run: Run, at: unknown) => Promise<void> | undefined;

export type PlanNode = Exclude<NonNullable<QueryPlan['node']>, { kind: 'Subscription' }>;
export type FetchNode = Extract<PlanNode, { kind: 'Fetch' }>;
export type ResponsePath = readonly (string | number)[];

/** A plan holds something that the compiler does not know. */
export class Unsupported extends Error {
  readonly reason: FallbackReason;

  constructor(reason: FallbackReason) {
    super(reason);
    this.name = 'Unsupported';
    this.reason = reason;
  }
}

/** Why an operation was left to the executor of `@apollo/gateway`. Each has its place in docs/engine.md. */
export const fallbackReasons = ['defer', 'context', 'compiler-error'] as const;
export type FallbackReason = (typeof fallbackReasons)[number];
