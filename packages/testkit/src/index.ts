export type { Answer } from './answer.ts';
export { type EngineName, engineUrl, engineVariables } from './engines.ts';
export { type GeoipEntry, geoipDatabase } from './geoip-database.ts';
export { createMigratedDatabase } from './migrated-database.ts';
export { type ReadFamily, type ReadMetrics, readMetrics } from './read-metrics.ts';
export { silentLogger } from './silent-logger.ts';
export { createTestDatabase, type Template, type TestDatabase } from './test-database.ts';
export { startTestPostgres } from './test-postgres.ts';
export { startTestPrimary, type TestPrimary, type TestServer } from './test-standby.ts';
