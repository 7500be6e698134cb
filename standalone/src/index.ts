export { migrateAll, migrations } from './migrations.ts';
