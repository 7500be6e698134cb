import { afterEach, beforeEach, expect, it } from 'vitest';
import { cleanUp, isRunning, postmasterPid, query, startInstance, temporaryFolder } from './harness.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = await temporaryFolder();
});
afterEach(() => cleanUp(dataDir));

it('refuses a folder in use, names the process, and leaves it alone', async () => {
  const winner = await startInstance(dataDir);
  const pid = await postmasterPid(dataDir);
  const loser = await startInstance(dataDir);
  expect(loser.said).toEqual({
    name: 'StartupError',
    error: `DATA_DIR ${dataDir} is in use by a running instance (process ${winner.child.pid}).`,
  });
  expect(await query(winner.said.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  expect(await postmasterPid(dataDir)).toBe(pid);
  await winner.end('SIGTERM');
  expect(isRunning(pid)).toBe(false);
});

it('lets exactly one of several simultaneous starts win, on an empty folder and on a full one', async () => {
  for (let round = 0; round < 2; round++) {
    const instances = await Promise.all(Array.from({ length: 4 }, () => startInstance(dataDir)));
    const winners = instances.filter((instance) => instance.said.url);
    expect(winners).toHaveLength(1);
    const [winner] = winners;
    for (const { said } of instances) {
      if (!said.url)
        expect(said.error).toMatch(`is in use by a running instance (process ${winner?.child.pid})`);
    }
    expect(await query(winner?.said.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    const pid = await postmasterPid(dataDir);
    await winner?.end('SIGTERM');
    expect(isRunning(pid)).toBe(false);
  }
});
