import { createTestDatabase, startTestPostgres } from '@gatehouse/testkit';
import { people, uploadDocument } from '@gatehouse/testkit/clients';
import pg from 'pg';
import { expect, test } from 'vitest';
import { createDeployment } from '../topology/deployment.ts';

async function schemasOf(url: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ name: string }>(
    `select nspname as name from pg_namespace where nspname in ('platform', 'user', 'auth', 'storage', 'notification')`,
  );
  await client.end();
  return rows.map(({ name }) => name).toSorted();
}

test('the tables of subgraphs may be in another database than what all share', async () => {
  const server = await startTestPostgres();
  const [shared, own] = [await createTestDatabase(), await createTestDatabase()];
  const deployment = await createDeployment('distributed', {
    DATABASE_URL: shared.url,
    SUBGRAPH_DATABASE_URL: own.url,
    DATABASE_POOL_SIZE: '3',
  });
  try {
    await deployment.start();
    // Events go from an outbox in one database to the bus in the other.
    const member = await people(deployment).memberWith();
    expect(await uploadDocument(member.client, { name: 'own.txt', content: 'own' })).toBeTruthy();
    expect(await schemasOf(shared.url)).toEqual(['platform']);
    expect(await schemasOf(own.url)).toEqual(['auth', 'notification', 'storage', 'user']);
  } finally {
    await deployment.remove();
    await Promise.all([shared.drop(), own.drop()]);
    await server.stop();
  }
});
