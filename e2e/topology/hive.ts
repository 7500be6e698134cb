import { join } from 'node:path';
import { passportFiles } from '@gatehouse/process';
import { subgraphNames } from '@gatehouse/service-kit/subgraph';
import type { TestProject } from 'vitest/node';
import { createDeployment, type Deployment, databaseUrlOf, type Launch, launch } from './deployment.ts';
import { freePorts } from './free-ports.ts';
import { setUp } from './set-up.ts';

/** The fleet of `distributed`, reached through Hive Gateway. */
async function createHiveDeployment(): Promise<Deployment> {
  const port = await freePorts(1);
  const url = `http://localhost:${port}`;
  const fleet = await createDeployment('distributed', { PUBLIC_URL: url });
  let hive: Launch | undefined;

  const environment = () => {
    const own = new URL(fleet.url);
    const { keyFile, jwksFile } = passportFiles(join(fleet.dataDir, 'passports'), 'gateway');
    const urls = subgraphNames.map((name, index) => [
      `${name.toUpperCase()}_URL`,
      `http://127.0.0.1:${Number(own.port) + 1 + index}/graphql`,
    ]);
    return {
      ...(Object.fromEntries(urls) as Record<string, string>),
      PORT: String(port),
      GATEWAY_URL: `http://127.0.0.1:${own.port}`,
      DATABASE_URL: databaseUrlOf(fleet),
      PASSPORT_KEY_FILE: keyFile,
      PASSPORT_JWKS_FILE: jwksFile,
    };
  };
  const stopHive = async (signal: NodeJS.Signals) => {
    hive?.child.kill(signal);
    await hive?.exited;
  };

  return {
    ...fleet,
    url,
    async start() {
      await fleet.start();
      hive = launch('e2e/topology/hive-gateway.ts', environment(), fleet.logFile);
      for (let n = 0; n < 600 && hive.child.exitCode === null; n++) {
        const isReady = await fetch(`${url}/graphql?query={__typename}`).then(
          ({ ok }) => ok,
          () => false,
        );
        if (isReady) return;
        await new Promise((done) => setTimeout(done, 50));
      }
      throw new Error('Hive Gateway did not start');
    },
    async stop(signal) {
      await stopHive('SIGTERM');
      return await fleet.stop(signal);
    },
    async remove() {
      await stopHive('SIGKILL');
      await fleet.remove();
    },
  };
}

export default (project: TestProject) => setUp('hive', project, createHiveDeployment);
