import type { IncomingMessage, ServerResponse } from 'node:http';

const maxLeftoverBytes = 16_777_216;
const maxLeftoverMs = 5_000;

/**
 * Once a request is answered, reads and forgets what is left of its body: the client gets to see the answer, and the
 * connection can carry its next request. Cuts the connection when that would take too long.
 */
export function discardLeftoverBody(request: IncomingMessage, response: ServerResponse): void {
  response.once('finish', () => {
    if (request.complete || request.destroyed) return;
    let left = maxLeftoverBytes;
    const timer = setTimeout(() => request.destroy(), maxLeftoverMs).unref();
    request.once('close', () => clearTimeout(timer));
    request.once('end', () => clearTimeout(timer));
    request.on('data', (chunk: Buffer) => {
      left -= chunk.length;
      if (left < 0) request.destroy();
    });
    request.resume();
  });
}
