import { fileURLToPath } from 'node:url';

export { defaultStorageConfig, type StorageConfig, storageConfigOf, storageEnvironment } from './config.ts';
export { createStorage } from './create.ts';
export type { StorageDeps } from './deps.ts';

/** For the process that migrates before it starts the subgraph. */
export const migrations = {
  folder: fileURLToPath(new URL('../migrations', import.meta.url)),
  schema: 'storage',
};
