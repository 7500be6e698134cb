import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

const maxSweepMs = 5_000;

/**
 * Ends connections that have carried no request for a while, with one timer for all of them: the server's own
 * `keepAliveTimeout` sets a timer anew for each request and each answer. Answers what is to be told of every request.
 */
export function endIdleConnections(server: Server, idleMs: number): (response: ServerResponse) => void {
  server.keepAliveTimeout = 0;
  /** The last answer of each connection; since when it has been idle, once the answer is known to have left. */
  const lastOf = new Map<Socket, ServerResponse | number>();
  server.on('connection', (socket: Socket) => {
    lastOf.set(socket, Date.now());
    socket.once('close', () => lastOf.delete(socket));
  });
  server.on('upgrade', (_request, socket: Socket) => lastOf.delete(socket));

  const sweeper = setInterval(
    () => {
      const now = Date.now();
      for (const [socket, last] of lastOf) {
        if (typeof last === 'number') {
          if (now - last > idleMs) socket.destroy();
        } else if (last.writableFinished) {
          lastOf.set(socket, now);
        }
      }
    },
    Math.min(maxSweepMs, idleMs / 4),
  ).unref();
  server.once('close', () => clearInterval(sweeper));

  return (response) => {
    if (response.socket) lastOf.set(response.socket, response);
  };
}
