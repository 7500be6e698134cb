import {
  BrokenCircuitError,
  CircuitState,
  circuitBreaker,
  ExponentialBackoff,
  handleWhen,
  SamplingBreaker,
} from 'cockatiel';
import { Deadline } from './deadline.ts';
import { createRetryBudget } from './retry-budget.ts';

/** Why a subgraph gave no answer. */
export type FailureReason =
  /** It failed too often just now, and was not asked. */
  | 'CIRCUIT_OPEN'
  /** No connection, a lost one, or a status of 500 and above. */
  | 'UNREACHABLE'
  /** No whole answer within the deadline. */
  | 'TIMEOUT'
  /** An answer that is none: too large, no GraphQL result, or a refused passport. */
  | 'UNREADABLE';

/** A subgraph gave no answer. `retryable`: nothing can have happened, or nothing that would harm if it happened twice. */
export class SubgraphFailure extends Error {
  readonly reason: FailureReason;
  readonly retryable: boolean;

  constructor(reason: FailureReason, retryable: boolean, cause?: unknown) {
    super(`no answer: ${reason}`, { cause });
    this.name = 'SubgraphFailure';
    this.reason = reason;
    this.retryable = retryable;
  }
}

export type CircuitName = 'closed' | 'open' | 'half-open';

/** What became of the fetches to one subgraph since the process started, for metrics. */
export type ResilienceCounts = {
  fetches: number;
  /** Second and third attempts. */
  retries: number;
  /** Fetches whose client went away first. */
  cancelled: number;
  /** Times that the circuit opened. */
  opened: number;
  /** Fetches without an answer, by reason. */
  failures: Record<FailureReason, number>;
};

export type Attempt<Answer> = (deadline: Deadline) => Promise<Answer>;

export type Resilience = {
  /**
   * Answers what the attempt answers, a status below 500. Throws SubgraphFailure when there is no answer in time, and the
   * signal's reason when the client has gone. Only what is idempotent is attempted again.
   */
  run<Answer extends { status: number }>(
    attempt: Attempt<Answer>,
    given: { idempotent: boolean; signal?: AbortSignal | undefined },
  ): Promise<Answer>;
  readonly circuit: CircuitName;
  readonly counts: Readonly<ResilienceCounts>;
};

const maxRetries = 2;
/** Upper bounds of the pauses before the first and the second retry; the pause itself is a random part of it. */
const pausesMs = [60, 240];
/** More than half of the attempts fail, of ten or more within ten seconds. */
const sampling = { threshold: 0.5, duration: 10_000, minimumRps: 1 };
/** Until an open circuit lets one fetch through to see; longer each time that one fails. */
const probing = { initialDelay: 250, maxDelay: 2_000 };

/** Failures before anything was sent. */
const unsent = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const lost = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'UND_ERR_SOCKET', 'UND_ERR_CLOSED']);
/** The answer is the query's fault, not the subgraph's. */
const tooLarge = 'UND_ERR_RES_EXCEEDED_MAX_SIZE';
const passingStatus = new Set([502, 503, 504]);

/**
 * Care for the fetches to one subgraph: a deadline over all attempts, retries of idempotent ones within a budget, and a
 * circuit that opens when the subgraph fails, so that nobody waits for it and it is not stormed.
 */
export function createResilience(options: {
  timeoutMs: number;
  onCircuit?(circuit: CircuitName): void;
}): Resilience {
  const { timeoutMs } = options;
  const budget = createRetryBudget();
  const counts: ResilienceCounts = {
    fetches: 0,
    retries: 0,
    cancelled: 0,
    opened: 0,
    failures: { CIRCUIT_OPEN: 0, UNREACHABLE: 0, TIMEOUT: 0, UNREADABLE: 0 },
  };
  const breaker = new SamplingBreaker(sampling);
  const circuit = circuitBreaker(
    handleWhen((problem) => codeOf(problem) !== tooLarge),
    { halfOpenAfter: new ExponentialBackoff(probing), breaker },
  );
  circuit.onStateChange((state) => {
    if (state === CircuitState.Open) counts.opened += 1;
    options.onCircuit?.(nameOf(state));
  });

  const fail = (reason: FailureReason, retryable: boolean, cause?: unknown): SubgraphFailure => {
    counts.failures[reason] += 1;
    return new SubgraphFailure(reason, retryable, cause);
  };

  /** While the circuit is closed it is only told of the outcome: going through it costs half a microsecond. */
  const heed = (problem: unknown): void => {
    if (circuit.state === CircuitState.Closed) circuit.execute(() => Promise.reject(problem)).catch(() => {});
  };

  /** After a first attempt that failed. */
  const withRetries = async <Answer extends { status: number }>(
    attempt: Attempt<Answer>,
    deadline: Deadline,
    idempotent: boolean,
    firstProblem: unknown,
  ): Promise<Answer> => {
    let problem = firstProblem;
    for (let retries = 0; ; retries++) {
      if (deadline.isGone) throw problem;
      if (codeOf(problem) === tooLarge) throw fail('UNREADABLE', false, problem);
      heed(problem);
      const pauseMs = Math.random() * (pausesMs[retries] ?? 0);
      if (!idempotent || !isPassing(problem) || !mayRetry(retries, pauseMs, deadline)) {
        throw failureOf(problem, deadline, idempotent);
      }
      counts.retries += 1;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      if (deadline.isGone) throw deadline.reason;
      try {
        return succeeded(await attempt(deadline));
      } catch (error) {
        problem = error;
      }
    }
  };

  const succeeded = <Answer extends { status: number }>(answer: Answer): Answer => {
    if (answer.status >= 500) throw new FailingStatus(answer.status);
    breaker.success(CircuitState.Closed);
    return answer;
  };

  const finish = async <Answer>(deadline: Deadline, answering: Promise<Answer>): Promise<Answer> => {
    try {
      return await answering;
    } catch (error) {
      if (deadline.isGone) counts.cancelled += 1;
      throw error;
    } finally {
      deadline.end();
    }
  };

  /** One fetch sees whether the subgraph is back; the others do not wait for what it finds. */
  const probe = async <Answer extends { status: number }>(
    attempt: Attempt<Answer>,
    deadline: Deadline,
    idempotent: boolean,
  ): Promise<Answer> => {
    if (circuit.state === CircuitState.HalfOpen) throw fail('CIRCUIT_OPEN', true);
    try {
      return await circuit.execute(async () => {
        const answer = await attempt(deadline);
        if (answer.status < 500) return answer;
        throw new FailingStatus(answer.status);
      });
    } catch (error) {
      if (error instanceof BrokenCircuitError) throw fail('CIRCUIT_OPEN', true);
      throw failureOf(error, deadline, idempotent);
    }
  };

  const failureOf = (problem: unknown, deadline: Deadline, idempotent: boolean): SubgraphFailure => {
    if (deadline.isOver) return fail('TIMEOUT', idempotent);
    if (codeOf(problem) === tooLarge) return fail('UNREADABLE', false, problem);
    return fail('UNREACHABLE', idempotent || unsent.has(codeOf(problem)), problem);
  };

  const mayRetry = (retries: number, pauseMs: number, deadline: Deadline): boolean =>
    retries < maxRetries &&
    circuit.state === CircuitState.Closed &&
    deadline.leftMs > pauseMs &&
    budget.spend();

  return {
    counts,
    get circuit() {
      return nameOf(circuit.state);
    },
    run(attempt, { idempotent, signal }) {
      counts.fetches += 1;
      budget.earn();
      if (circuit.state !== CircuitState.Closed) {
        // Whether the subgraph is back is worth knowing, even when the client does not wait for it.
        const deadline = new Deadline(timeoutMs, undefined);
        return finish(deadline, probe(attempt, deadline, idempotent));
      }
      const deadline = new Deadline(timeoutMs, signal);
      const again = (problem: unknown) =>
        finish(deadline, withRetries(attempt, deadline, idempotent, problem));
      return attempt(deadline).then((answer) => {
        if (answer.status >= 500) return again(new FailingStatus(answer.status));
        deadline.end();
        return succeeded(answer);
      }, again);
    },
  };
}

/** A status that tells of a process in trouble. */
class FailingStatus extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`status ${status}`);
    this.status = status;
  }
}

/** Whether another attempt could fare better. */
const isPassing = (problem: unknown): boolean =>
  problem instanceof FailingStatus
    ? passingStatus.has(problem.status)
    : unsent.has(codeOf(problem)) || lost.has(codeOf(problem));

/** Whether a fetch failed before anything was sent. */
export const isUnsent = (problem: unknown): boolean => unsent.has(codeOf(problem));

const codeOf = (error: unknown): string => String((error as { code?: unknown } | null)?.code ?? '');

const nameOf = (state: CircuitState): CircuitName =>
  state === CircuitState.Closed ? 'closed' : state === CircuitState.HalfOpen ? 'half-open' : 'open';

/** Whether a GraphQL document may be sent twice: a query, by its first word. */
export const isQuery = (document: string): boolean => /^\s*(query\b|\{)/.test(document);
