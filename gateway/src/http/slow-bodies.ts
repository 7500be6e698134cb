import type { IncomingMessage } from 'node:http';

/** A body within the limit takes no honest client longer. */
const maxReadMs = 30_000;
const sweepMs = 1_000;

const reading = new Map<IncomingMessage, number>();
let sweeper: NodeJS.Timeout | undefined;

/** Cuts the connection of a request whose body takes too long. Answers what is to be called when it is read. */
export function watchBody(request: IncomingMessage): () => void {
  reading.set(request, Date.now() + maxReadMs);
  // One timer for all: one for each request would cost as much as reading it.
  sweeper ??= setInterval(sweep, sweepMs).unref();
  return () => reading.delete(request);
}

function sweep(): void {
  const now = Date.now();
  for (const [request, until] of reading) if (until <= now) request.destroy();
  if (reading.size > 0) return;
  clearInterval(sweeper);
  sweeper = undefined;
}
