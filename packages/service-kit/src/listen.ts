import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { StartupError } from './startup-error.ts';

const reasons: Record<string, (where: string) => string> = {
  EADDRINUSE: (where) => `${where} is already in use. Stop the other program or set PORT to a free port.`,
  EACCES: (where) => `Not allowed to listen on ${where}. Set PORT to a port above 1023.`,
  EADDRNOTAVAIL: (where) => `This machine has no address for ${where}. Check HOST.`,
  ENOTFOUND: (where) => `HOST of ${where} can't be resolved.`,
};

/** Listens, answering the port in use (useful with port 0); a StartupError says why it can't. */
export function listen(server: Server, options: { port: number; host: string }): Promise<number> {
  const { port, host } = options;
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code ? reasons[error.code] : undefined;
      reject(reason ? new StartupError(reason(`${host}:${port}`)) : error);
    });
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

/** Stops accepting, ends idle connections, waits for running requests up to the bound, then cuts the rest. */
export async function closeServer(server: Server, graceMs: number): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(timer);
}
