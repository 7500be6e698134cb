export { type BlobRange, type BlobStore, BlobStoreError, type StoredBlob } from './blob-store/blob-store.ts';
export { openPostgresBlobStore } from './blob-store/postgres.ts';
export { createdAt, id, instant, newId, tenantId, updatedAt } from './columns.ts';
export { decodeCursor, encodeCursor } from './cursor.ts';
export {
  type Database,
  type DatabaseOptions,
  type Db,
  type Executor,
  openDatabase,
  type Reader,
  type Tx,
} from './database.ts';
export type { KeyValue } from './key-value/key-value.ts';
export { openPostgresKeyValue } from './key-value/postgres.ts';
export { whileLost } from './key-value/while-lost.ts';
export { measurePool } from './measure-pool.ts';
export { type MigrateOptions, migrate } from './migrate.ts';
export { markTransaction } from './on-commit.ts';
export { databaseOutage } from './outage.ts';
export {
  type Connection,
  connectionOf,
  type Edge,
  keyset,
  type Page,
  type PageArguments,
  type PageInfo,
  pageOf,
} from './paging.ts';
export { migratePlatform } from './platform.ts';
export { prepared } from './prepared.ts';
export { openPostgresPubSub } from './pub-sub/postgres.ts';
export type { PubSub, Unsubscribe } from './pub-sub/pub-sub.ts';
export { databaseErrorOf, violatedConstraint } from './query-error.ts';
export { parseRedisUrl } from './redis/redis-url.ts';
export { type Repetition, repeat } from './repeat.ts';
export { openReplicatedDatabase, type ReplicaOptions } from './replicas/open-replicated-database.ts';
