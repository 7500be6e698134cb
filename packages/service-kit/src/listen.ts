import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { StartupError } from './startup-error.ts';

type PortSetting = 'PORT' | 'METRICS_PORT';

const reasons: Record<string, (where: string, port: PortSetting) => string> = {
  EADDRINUSE: (where, port) =>
    `${where} is already in use. Stop the other program or set ${port} to a free port.`,
  EACCES: (where, port) => `Not allowed to listen on ${where}. Set ${port} to a port above 1023.`,
  EADDRNOTAVAIL: (where, port) => `This machine has no address for ${where}. Check ${hostOf(port)}.`,
  ENOTFOUND: (where, port) => `${hostOf(port)} of ${where} can't be resolved.`,
};

const hostOf = (port: PortSetting) => port.replace('PORT', 'HOST');

/**
 * Listens, answering the port in use (useful with port 0); a StartupError says why it can't, and by which setting that
 * is changed.
 */
export function listen(
  server: Server,
  options: { port: number; host: string; setting?: PortSetting },
): Promise<number> {
  const { port, host, setting = 'PORT' } = options;
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code ? reasons[error.code] : undefined;
      reject(reason ? new StartupError(reason(`${host}:${port}`, setting)) : error);
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
