import type { IncomingMessage } from 'node:http';

/** A body within the limit takes no honest client longer than between one and two of these. */
const roundMs = 15_000;

/** Requests whose bodies are being read, since this round and since the one before it. */
let young = new Set<IncomingMessage>();
let old = new Set<IncomingMessage>();
let rounds: NodeJS.Timeout | undefined;

/** Cuts the connection of a request whose body takes too long, unless `bodyIsRead` is told in time. */
export function watchBody(request: IncomingMessage): void {
  young.add(request);
  // One timer for all: one for each request would cost as much as reading it.
  rounds ??= setInterval(nextRound, roundMs).unref();
}

export function bodyIsRead(request: IncomingMessage): void {
  if (!young.delete(request)) old.delete(request);
}

function nextRound(): void {
  for (const request of old) request.destroy();
  [old, young] = [young, new Set()];
  if (old.size > 0) return;
  clearInterval(rounds);
  rounds = undefined;
}
