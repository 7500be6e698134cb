export { connectDoor, type DoorClient } from '../door/connect.ts';
export { doorPath } from '../door/protocol.ts';
export { createDoor } from '../door/serve-door.ts';
export { setNew, setOwn } from '../execution/set-own.ts';
export { isPromise } from '../is-promise.ts';
export { answerOf } from './answer.ts';
export type { CallSubgraph, Operation } from './call.ts';
export { callInProcess, type InProcessTarget } from './call-in-process.ts';
export { callOverHttp } from './call-over-http.ts';
export { continueOnRead } from './continue-on-read.ts';
export { Deadline } from './deadline.ts';
export { discardLeftoverBody } from './discard-leftover-body.ts';
export { createFetches, type Fetches, type FetchResult } from './fetches.ts';
export { maskError } from './mask.ts';
export { measureResilience, subgraphDurations, subgraphRequests } from './measure-resilience.ts';
export { readBody, readBytes } from './read-body.ts';
export {
  type CircuitName,
  createResilience,
  type FailureReason,
  isQuery,
  isUnsent,
  type Resilience,
  type ResilienceCounts,
  SubgraphFailure,
} from './resilience.ts';
export { scalars } from './scalars.ts';
export { type Served, serveSubgraph } from './serve.ts';
export {
  type ClientInfo,
  passportHeader,
  type Route,
  type Subgraph,
  type SubgraphName,
  subgraphNames,
} from './subgraph.ts';
