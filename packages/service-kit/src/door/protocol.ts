/**
 * The door: one connection that carries all fetches of a gateway to a subgraph, side by side. A gateway opens it with an HTTP
 * upgrade (RFC 9110 §7.8) that carries its own passport, and both sides then send frames (`frames.ts`).
 *
 * Documents and passports are sent once and named by their slot from then on; a slot that is used again names the newer one.
 */
export const doorPath = '/fetches';
export const doorProtocol = 'gatehouse-fetches-1';

export const kinds = {
  /** To the subgraph. Number: the slot; text: the document. */
  document: 1,
  /** To the subgraph. Number: the slot; text: the passport of who asks. */
  passport: 2,
  /** To the subgraph. Number: of the fetch; then the slots of document and passport, the traceparent and the variables as JSON. */
  fetch: 3,
  /** To the subgraph. Number: of the fetch, whose answer nobody waits for any more. */
  cancel: 4,
  /** To the gateway. Number: of the fetch; text: the result as JSON. */
  result: 11,
  /** To the gateway. Number: of the fetch, which was refused; text: the code. */
  refused: 12,
  /** To the gateway: no more fetches on this connection; those under way are answered. */
  goAway: 13,
} as const;

/** Bytes of a W3C traceparent, version 00. */
export const traceparentBytes = 55;
export const slots = { documents: 1_024, passports: 2_048 } as const;
/** Of a request. */
export const maxFetchBytes = 1_048_576;
