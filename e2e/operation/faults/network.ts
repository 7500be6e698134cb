import { connect, createServer, type Socket } from 'node:net';

/** The way to a server, which can be cut: all connections at once, and new ones refused until it is mended. */
export type Network = { url: string; cut(): void; mend(): void; close(): Promise<void> };

/** A way of our own to the server that the URL names, and the same URL over it; on a port that is free unless it is told. */
export async function networkTo(target: string, ownPort = 0): Promise<Network> {
  const url = new URL(target);
  const { hostname, port } = url;
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((client) => {
    if (isCut) return void client.resetAndDestroy();
    const onwards = connect(Number(port), hostname);
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
    client.pipe(onwards).pipe(client);
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
    mend() {
      isCut = false;
    },
    async close() {
      drop();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
