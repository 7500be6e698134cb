export { defaultStorageConfig, type StorageConfig, storageConfigOf, storageEnvironment } from './config.ts';
export { createStorage } from './create.ts';
export type { StorageDeps } from './deps.ts';
export { migrations } from './migrations.ts';
