import { connect, createServer, type Socket } from 'node:net';
import { Transform } from 'node:stream';

/** The way to a server. */
export type Network = {
  url: string;
  /** Ends all connections at once and refuses new ones, until it is mended. */
  cut(): void;
  /** Answers take so much longer, until it is mended; on connections that are made meanwhile, and on those that were there. */
  slow(ms: number): void;
  mend(): void;
  close(): Promise<void>;
};

/** A way of our own to the server that the URL names, and the same URL over it; on a port that is free unless it is told. */
export async function networkTo(target: string, ownPort = 0): Promise<Network> {
  const url = new URL(target);
  const { hostname, port } = url;
  const sockets = new Set<Socket>();
  let isCut = false;
  let delayMs = 0;
  const server = createServer({ noDelay: true }, (client) => {
    if (isCut) return void client.resetAndDestroy();
    const onwards = connect({ port: Number(port), host: hostname, noDelay: true });
    for (const [end, other] of [
      [client, onwards],
      [onwards, client],
    ] as const) {
      sockets.add(end);
      end.on('error', () => {});
      end.on('close', () => {
        sockets.delete(end);
        other.destroy();
      });
    }
    client.pipe(onwards);
    onwards.pipe(delayed(() => delayMs)).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(ownPort, '127.0.0.1', resolve));
  const address = server.address();
  url.port = String(typeof address === 'object' && address?.port);

  const drop = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    url: url.href,
    cut() {
      isCut = true;
      drop();
    },
    slow(ms) {
      delayMs = ms;
    },
    mend() {
      isCut = false;
      delayMs = 0;
    },
    async close() {
      drop();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Holds each piece back for as long as is said when it comes, and keeps their order. */
function delayed(ms: () => number): Transform {
  let last: Promise<void> = Promise.resolve();
  return new Transform({
    transform(chunk, _, done) {
      const pause = ms();
      const before = last;
      const due = pause > 0 ? new Promise<void>((resolve) => setTimeout(resolve, pause)) : undefined;
      last = (due ?? Promise.resolve()).then(() => before).then(() => void this.push(chunk));
      done();
    },
    flush(done) {
      last.then(() => done());
    },
  });
}
