import type { BlockedAddresses } from '../addresses/refuse-blocked.ts';
import type { Graphs } from '../graph/graphs.ts';
import type { Plugin } from '../operation/exchange.ts';
import type { KnownDocuments } from '../operation/persisted/known-documents.ts';
import type { TrustedDocuments } from '../operation/persisted/trusted-documents.ts';
import type { Rates } from '../rates/rates.ts';
import type { LiveStreams } from '../streams/live-stream.ts';
import type { TokenChecks } from '../tokens/check-token.ts';
import type { Tenants } from '../tokens/tenants.ts';
import { refuseBlocked } from './blocked-addresses.ts';
import { costLimit } from './cost.ts';
import { document } from './document.ts';
import { execute } from './execute.ts';
import { graph } from './graph.ts';
import { keepDocument } from './keep-document.ts';
import { persistedOperation } from './persisted-operation.ts';
import { plan } from './plan.ts';
import { limitAddress, limitOperation, limitPrincipal } from './rate-limits.ts';
import { reportingCost } from './report-cost.ts';
import { requestId } from './request-id.ts';
import { sizeLimits } from './size-limits.ts';
import { tenant } from './tenant.ts';
import { token } from './token.ts';

type Parts = {
  addresses: BlockedAddresses;
  rates: Rates;
  tenants: Tenants;
  checkToken: TokenChecks;
  graphs: Graphs;
  known: KnownDocuments;
  trusted: TrustedDocuments;
  acceptsAny: boolean;
  costLimit: number;
  streams: LiveStreams;
};

/** What happens to every operation, in this order, whatever transport it came by. The last one alone executes. */
export const pluginsOf = (parts: Parts): readonly Plugin[] => [
  requestId,
  refuseBlocked(parts.addresses),
  limitAddress(parts.rates),
  sizeLimits,
  tenant(parts.tenants),
  token(parts.checkToken),
  limitPrincipal(parts.rates),
  persistedOperation(parts),
  graph(parts.graphs),
  document,
  costLimit(parts.costLimit),
  limitOperation(parts.rates),
  keepDocument(parts.known),
  plan,
  reportingCost(execute(parts.streams), parts.costLimit),
];
