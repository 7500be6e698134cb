import { randomFillSync } from 'node:crypto';
import type { Plugin } from '../operation/exchange.ts';

const traceparentPattern = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})/;
const nothing = /^0+$/;

/** The W3C trace of the request, the client's or a new one; the request id is the trace id. */
export const requestId: Plugin = {
  name: 'request-id',
  run(exchange) {
    const { traceId, traceparent } = traceOf(exchange.inboundTraceparent);
    exchange.requestId = traceId;
    exchange.traceparent = traceparent;
    exchange.caller.requestId = traceId;
  },
};

/** Continues a trace with a span of this gateway, or starts one. */
export function traceOf(inbound: string | undefined): { traceId: string; traceparent: string } {
  const [, given = '', parent = '', flags = '00'] = traceparentPattern.exec(inbound ?? '') ?? [];
  const isGiven = given !== '' && !nothing.test(given) && !nothing.test(parent) && !inbound?.startsWith('ff');
  const random = randomHex();
  const traceId = isGiven ? given : random.slice(0, 32);
  return { traceId, traceparent: `00-${traceId}-${random.slice(32)}-${isGiven ? flags : '00'}` };
}

const bytesPerTrace = 24;
/** Random bytes are drawn for many traces at once; each is used once. */
const pool = Buffer.alloc(bytesPerTrace * 256);
let used = pool.length;

function randomHex(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytesPerTrace;
  return pool.toString('hex', used - bytesPerTrace, used);
}
