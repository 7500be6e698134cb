import { startTestPostgres } from './test-postgres.ts';

/** For vitest's `globalSetup`: workers inherit the URL through the environment. */
export default async function setup(): Promise<() => Promise<void>> {
  const server = await startTestPostgres();
  return server.stop;
}
