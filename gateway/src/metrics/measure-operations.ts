import { type Count, type Distribution, isErrorCode, type Metrics } from '@gatehouse/service-kit';
import type { Exchange } from '../operation/exchange.ts';
import type { PreparedOperation } from '../operation/prepare.ts';
import { codeOf } from '../operation/refusal.ts';

/** Told of every operation, whatever transport it came by. */
export type OperationMeasure = {
  answered(exchange: Exchange): void;
  /** Without an exchange when not even an operation could be read. */
  refused(exchange: Exchange | undefined, error: unknown): void;
};

type Series = { kind: string; duration: Distribution; ok: Count };

/**
 * Counts operations by what became of them, and how long they took by their root field. Names of operations and documents are the
 * client's to choose; what stands in a label here is the schema's, so that nobody can make up more of it.
 */
export function measureOperations(metrics: Metrics): OperationMeasure {
  const operations = metrics.counter({
    name: 'gatehouse_gateway_operations_total',
    help: 'Operations by kind and outcome: OK, or the code of the first error in the answer.',
    labels: ['kind', 'outcome'],
  });
  const durations = metrics.histogram({
    name: 'gatehouse_gateway_operation_duration_seconds',
    help: 'Time until an operation was answered or refused, or a stream was open, by its root field; several is more than one.',
    labels: ['kind', 'field'],
  });
  const known = new WeakMap<PreparedOperation, Series>();

  const make = (kind: string, field: string): Series => ({
    kind,
    duration: durations({ kind, field }),
    ok: operations({ kind, outcome: 'OK' }),
  });
  const ofNone = make('none', 'none');

  const seriesOf = (operation: PreparedOperation | undefined): Series => {
    if (!operation) return ofNone;
    const before = known.get(operation);
    if (before) return before;
    const [field = '', ...others] = operation.rootFields.keys();
    const series = make(operation.kind, others.length === 0 ? field : 'several');
    known.set(operation, series);
    return series;
  };

  return {
    answered({ operation, startedAt, failure }) {
      const { kind, duration, ok } = seriesOf(operation);
      duration.observeSince(startedAt);
      if (failure === undefined) ok.add();
      else operations({ kind, outcome: isErrorCode(failure) ? failure : 'other' }).add();
    },
    refused(exchange, error) {
      const { kind, duration } = seriesOf(exchange?.operation);
      if (exchange) duration.observeSince(exchange.startedAt);
      operations({ kind, outcome: codeOf(error) ?? 'INTERNAL_SERVER_ERROR' }).add();
    },
  };
}
