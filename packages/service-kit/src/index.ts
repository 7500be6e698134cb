export { canonicalRange, lengthOfRange, RangeMap } from './address-ranges.ts';
export { env, loadEnvFile, readEnvironment } from './config.ts';
export {
  badInput,
  type ErrorCode,
  errorCodes,
  type FieldProblem,
  GatehouseError,
  isErrorCode,
} from './errors.ts';
export { readInput } from './input.ts';
export { closeServer, listen } from './listen.ts';
export { createLogger, type Logger } from './logging.ts';
export type { Count, Distribution } from './metrics/cells.ts';
export {
  createMetrics,
  type Definition,
  type Metrics,
  type ObservedDefinition,
  type Reading,
} from './metrics/metrics.ts';
export { isAddressRange, networkOf } from './network.ts';
export { onHangup } from './on-hangup.ts';
export { type Running, runProcess } from './run-process.ts';
export { StartupError } from './startup-error.ts';
export { within } from './within.ts';
