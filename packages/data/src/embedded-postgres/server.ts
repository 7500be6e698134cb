import type { ChildProcess } from 'node:child_process';
import { open, rename, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import type { Binaries } from './binaries.ts';
import type { RunAs } from './run-as.ts';

const maxLogBytes = 10 * 1024 * 1024;

/** Small enough for a laptop, and as durable as PostgreSQL is. */
const settings = {
  listen_addresses: '127.0.0.1',
  // In the cluster's own folder, whose path then has no limit for the server.
  unix_socket_directories: '.',
  max_connections: '200',
  shared_buffers: '64MB',
  maintenance_work_mem: '32MB',
  max_wal_size: '512MB',
  max_parallel_workers_per_gather: '0',
  jit: 'off',
  io_method: 'sync',
  logging_collector: 'off',
  // Failed statements are the caller's to report; their text and values are not for a log.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_checkpoints: 'off',
  log_line_prefix: '%m [%p] ',
  log_timezone: 'UTC',
  timezone: 'UTC',
};

const undurable = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', autovacuum: 'off' };

export type ServerProcess = { child: ChildProcess; ended: Promise<string> };

/**
 * Starts the server in a process group of its own, so that Ctrl-C reaches us and not it. `ended` tells the last
 * line of its log when it stops.
 */
export async function spawnServer(options: {
  dataDir: string;
  cluster: string;
  port: number;
  binaries: Binaries;
  runAs: RunAs;
  durable: boolean;
}): Promise<ServerProcess> {
  const log = await openLog(options.dataDir);
  const args = ['-D', options.cluster, '-p', String(options.port)];
  for (const [name, value] of Object.entries({ ...settings, ...(options.durable ? {} : undurable) })) {
    args.push('-c', `${name}=${value}`);
  }
  try {
    const child = options.runAs.spawn(options.binaries.postgres, args, {
      cwd: '/',
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      env: { PATH: process.env.PATH, TZ: 'UTC' },
    });
    child.unref();
    const ended = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', () => lastLine(options.dataDir).then(resolve, () => resolve('')));
    });
    return { child, ended };
  } finally {
    await log.close();
  }
}

const logFile = (dataDir: string) => path.join(dataDir, 'postgres.log');

async function openLog(dataDir: string) {
  const file = logFile(dataDir);
  const size = await stat(file).then(
    (found) => found.size,
    () => 0,
  );
  if (size > maxLogBytes) await rename(file, `${file}.1`);
  return open(file, 'a', 0o600);
}

async function lastLine(dataDir: string): Promise<string> {
  const file = await open(logFile(dataDir), 'r');
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - 2_000);
    const { buffer, bytesRead } = await file.read({
      position: start,
      length: 2_000,
      buffer: Buffer.alloc(2_000),
    });
    const lines = buffer.toString('utf8', 0, bytesRead).trim().split('\n');
    return (lines.findLast((line) => /FATAL|PANIC/.test(line)) ?? lines.at(-1) ?? '').replace(
      /^.*(FATAL|PANIC): +/,
      '',
    );
  } finally {
    await file.close();
  }
}

/** The wanted port when it is free, else any free one. */
export async function freePort(wanted: number | undefined): Promise<number> {
  const probe = (port: number) =>
    new Promise<number>((resolve, reject) => {
      const server = createServer().once('error', reject);
      server.listen({ port, host: '127.0.0.1' }, () => {
        const address = server.address();
        server.close(() => resolve(typeof address === 'object' && address ? address.port : port));
      });
    });
  return wanted ? probe(wanted).catch(() => probe(0)) : probe(0);
}
