import { fileURLToPath } from 'node:url';

/** For the process that migrates before it starts the subgraph. */
export const migrations = {
  folder: fileURLToPath(new URL('../migrations', import.meta.url)),
  schema: 'auth',
};
