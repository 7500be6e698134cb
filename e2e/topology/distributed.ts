import type { TestProject } from 'vitest/node';
import { startEnginesFor } from '../../scripts/engines/index.ts';
import { createDeployment } from './deployment.ts';
import { setUp } from './set-up.ts';

/** The fleet on the engines of a fleet; what this machine lacks of them lies in PostgreSQL. */
export default async (project: TestProject) => {
  const engines = await startEnginesFor(['redis', 'mongodb', 'kafka']);
  try {
    const tearDown = await setUp('distributed', project, (topology) =>
      createDeployment(topology, engines.environment),
    );
    return async () => {
      try {
        await tearDown();
      } finally {
        await engines.stop();
      }
    };
  } catch (error) {
    await engines.stop();
    throw error;
  }
};
