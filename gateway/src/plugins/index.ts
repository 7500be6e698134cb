import type { Graphs } from '../graph/graphs.ts';
import type { Plugin } from '../operation/exchange.ts';
import type { LiveStreams } from '../streams/live-stream.ts';
import type { Tokens } from '../tokens/tokens.ts';
import { document } from './document.ts';
import { execute } from './execute.ts';
import { graph } from './graph.ts';
import { persistedOperation } from './persisted-operation.ts';
import { plan } from './plan.ts';
import { requestId } from './request-id.ts';
import { sizeLimits } from './size-limits.ts';
import { token } from './token.ts';

type Parts = { tokens: Tokens; graphs: Graphs; streams: LiveStreams };

/** What happens to every operation, in this order, whatever transport it came by. */
export const pluginsOf = (parts: Parts): readonly Plugin[] => [
  requestId,
  sizeLimits,
  token(parts.tokens),
  graph(parts.graphs),
  persistedOperation,
  document,
  plan,
  execute(parts.streams),
];
