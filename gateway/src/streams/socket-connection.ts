import type { ErrorCode, Logger } from '@gatehouse/service-kit';
import { CloseCode, type WebSocket as SocketEndpoint } from 'graphql-ws';
import type { RawData, WebSocket } from 'ws';

/** Ends a connection once its operations have said why. */
export type SocketEnd = (code: ErrorCode) => void;

const closeCodeOf = (code: ErrorCode): number => {
  if (code === 'RESUME_REQUIRED') return tryAgainLater;
  const isForbidden = code === 'ADDRESS_BLOCKED' || code === 'TENANT_SUSPENDED';
  return isForbidden ? CloseCode.Forbidden : CloseCode.Unauthorized;
};

/** RFC 6455 registry, "Try Again Later": clients may connect again. */
const tryAgainLater = 1013;
const lastWordsMs = 100;
const closeBoundMs = 3_000;

/**
 * A socket as graphql-ws wants it. `send` resolves when the message has left, so that a slow client holds its own streams
 * back; a client that answers no ping within an interval is cut.
 */
export function connectSocket(socket: WebSocket, options: { keepAliveMs: number; logger: Logger }) {
  const { keepAliveMs, logger } = options;
  let isAlive = true;
  let isEnding = false;

  const keepAlive = setInterval(() => {
    if (!isAlive) return socket.terminate();
    isAlive = false;
    socket.ping();
  }, keepAliveMs).unref();
  socket.on('pong', () => {
    isAlive = true;
  });
  socket.on('error', (err) => logger.debug({ err }, 'socket failed'));
  socket.once('close', () => clearInterval(keepAlive));

  const closeWith = (code: ErrorCode) => {
    socket.close(closeCodeOf(code), code);
    setTimeout(() => socket.terminate(), closeBoundMs).unref();
  };
  const end: SocketEnd = (code) => {
    if (isEnding) return;
    isEnding = true;
    const until = Date.now() + closeBoundMs;
    const timer = setInterval(() => {
      if (socket.bufferedAmount > 0 && Date.now() < until) return;
      clearInterval(timer);
      closeWith(code);
    }, lastWordsMs).unref();
  };

  const endpoint: SocketEndpoint = {
    protocol: socket.protocol,
    send: (data) =>
      new Promise((resolve) => {
        if (socket.readyState !== socket.OPEN) return resolve();
        socket.send(data, () => resolve());
      }),
    close: (code, reason) => socket.close(code, reason),
    onMessage(receive) {
      socket.on('message', (data: RawData, isBinary: boolean) => {
        isAlive = true;
        if (isBinary) return socket.close(CloseCode.BadRequest, 'Text messages only');
        receive(String(data)).catch((err: unknown) => {
          logger.error({ err }, 'a message failed');
          socket.close(CloseCode.InternalServerError, 'INTERNAL_SERVER_ERROR');
        });
      });
    },
  };
  return { endpoint, end };
}
