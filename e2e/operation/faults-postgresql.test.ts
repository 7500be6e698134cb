import { afterAll, beforeAll, expect } from 'vitest';
import { type Fleet, startFleet } from './faults/fleet.ts';
import { testRow } from './faults/test-row.ts';
import { within } from './faults/within.ts';

// A fleet whose database goes away while people use it.
let fleet: Fleet;
beforeAll(async () => {
  fleet = await startFleet(['PostgreSQL']);
});
afterAll(() => fleet?.close());

/** Asks for a token as a client of the tenant, by HTTP: the status, the error and when to ask again. */
async function programOf({ deployment, story }: Fleet) {
  const { client: admin } = await story.administrator();
  const { createClient } = await admin.ask<{ createClient: { client: { id: string }; secret: string } }>(
    'mutation ($input: CreateClientInput!) { createClient(input: $input) { client { id } secret } }',
    {
      input: {
        name: 'a program',
        scopes: ['users:read'],
        grantTypes: ['CLIENT_CREDENTIALS'],
        authMethod: 'CLIENT_SECRET_BASIC',
      },
    },
  );
  const { client, secret } = createClient;
  return async () => {
    const response = await fetch(`${deployment.url}/oauth2/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${client.id}:${secret}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'users:read' }),
    });
    const { error = null } = (await response.json()) as { error?: string };
    return { status: response.status, error, retryAfter: response.headers.get('retry-after') };
  };
}

const answered = { status: 200, error: null, retryAfter: null };
const unavailable = {
  status: 503,
  error: 'temporarily_unavailable',
  retryAfter: expect.stringMatching(/^\d$/),
};

testRow('PostgreSQL', () => fleet, {
  async around(column) {
    if (column === 'paused' || column === 'slow') return;
    const askForToken = await programOf(fleet);
    expect(await askForToken()).toEqual(answered);
    return async () => {
      await within(3_000, async () => expect(await askForToken()).toEqual(unavailable));
      return async () => expect(await askForToken()).toEqual(answered);
    };
  },
});
