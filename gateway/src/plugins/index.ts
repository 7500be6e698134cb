import type { GraphQLSchema } from 'graphql';
import type { Executor } from '../executor/executor.ts';
import type { Plugin } from '../operation/exchange.ts';
import type { Documents } from '../operation/prepare.ts';
import type { Planner } from '../planner/planner.ts';
import type { LiveStreams } from '../streams/live-stream.ts';
import type { Tokens } from '../tokens/tokens.ts';
import { document } from './document.ts';
import { execute } from './execute.ts';
import { persistedOperation } from './persisted-operation.ts';
import { plan } from './plan.ts';
import { requestId } from './request-id.ts';
import { sizeLimits } from './size-limits.ts';
import { token } from './token.ts';

type Parts = {
  tokens: Tokens;
  documents: Documents;
  api: GraphQLSchema;
  planner: Planner;
  executor: Executor;
  streams: LiveStreams;
};

/** What happens to every operation, in this order, whatever transport it came by. */
export const pluginsOf = (parts: Parts): readonly Plugin[] => [
  requestId,
  sizeLimits,
  token(parts.tokens),
  persistedOperation,
  document(parts.documents, parts.api),
  plan(parts.planner),
  execute(parts.executor, parts.streams),
];
