import { existsSync } from 'node:fs';
import path from 'node:path';

/** What `sockaddr_un` holds on the platform that holds least (macOS), in bytes without the closing zero. */
const maxPathBytes = 103;

/** As PostgreSQL names it; `pg` finds it by the folder and the port. */
const socketOf = (cluster: string, port: number): string => path.join(cluster, `.s.PGSQL.${port}`);

export const socketLockOf = (cluster: string, port: number): string => `${socketOf(cluster, port)}.lock`;

/** Whether the server listens on a socket in its folder whose path a client can give. */
export function hasSocket(cluster: string, port: number): boolean {
  const socket = socketOf(cluster, port);
  return Buffer.byteLength(socket) <= maxPathBytes && existsSync(socket);
}
