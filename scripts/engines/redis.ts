import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePorts } from '../../e2e/topology/free-ports.ts';
import type { Engine, RunningEngine } from './engine.ts';
import { runEngine } from './engine-process.ts';

const command = 'redis-server';

/** A `redis-server` of the PATH (Debian: package redis-server), appending to its file every second as a fleet's would. */
export const redis: Engine = {
  name: 'redis',
  missing() {
    const { status } = spawnSync(command, ['--version'], { stdio: 'ignore' });
    return status === 0 ? undefined : `${command} is not installed`;
  },
  start: () => startRedis(),
};

/** One server; `args` are added to its own, such as `--cluster-enabled yes`. `parent` is where its folder is made. */
export async function startRedis(args: readonly string[] = [], parent?: string): Promise<RunningEngine> {
  const port = await freePorts(1);
  return await runEngine({
    name: 'redis',
    parent,
    launch: async (folder) => ({
      command,
      args: [
        ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder],
        ...['--appendonly', 'yes', '--save', '', '--daemonize', 'no'],
        ...args,
      ],
      url: `redis://127.0.0.1:${port}`,
    }),
    answers: () => answersPing(port),
  });
}

/** A Sentinel that watches the server on the port as `main`, and alone decides that it is gone. */
export async function startSentinel(watchedPort: number): Promise<RunningEngine> {
  const port = await freePorts(1);
  return await runEngine({
    name: 'redis-sentinel',
    async launch(folder) {
      const file = join(folder, 'sentinel.conf');
      const watch = [
        `monitor main 127.0.0.1 ${watchedPort} 1`,
        'down-after-milliseconds main 500',
        'failover-timeout main 3000',
      ];
      await writeFile(
        file,
        [
          `port ${port}`,
          'bind 127.0.0.1',
          `dir ${folder}`,
          ...watch.map((line) => `sentinel ${line}`),
          '',
        ].join('\n'),
      );
      return { command, args: [file, '--sentinel'], url: `redis://127.0.0.1:${port}` };
    },
    answers: () => answersPing(port),
  });
}

/** By hand: a few bytes, and no client that logs while the server is not there yet. */
function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.once('data', (data) => done(/^(\+PONG|-NOAUTH|-NOPERM|-DENIED)/.test(data.toString())));
    socket.once('error', () => done(false));
    socket.setTimeout(500, () => done(false));
    const done = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
  });
}
