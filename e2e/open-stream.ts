import type { GatehouseClient, Person } from '@gatehouse/testkit/clients';
import { eventually } from './gatehouse.ts';

type Event = { securityEvents: { id: string; type: string } };

/** A stream of somebody's security events, opened by a client of theirs. It has delivered one, and so is open. */
export async function openStream(
  person: Person,
  client: GatehouseClient = person.client,
  over?: 'websocket' | 'sse',
) {
  const after = await eventually(async () => {
    const { securityEvents } = await person.client.ask<{ securityEvents: { nodes: { id: string }[] } }>(
      'query ($userId: ID!) { securityEvents(first: 2, filter: { userId: $userId }) { nodes { id } } }',
      { userId: person.id },
    );
    const [, before] = securityEvents.nodes;
    if (!before) throw new Error('too little has happened');
    return before.id;
  });
  const stream = client.subscribe<Event>(
    'subscription ($after: ID) { securityEvents(after: $after) { id type } }',
    { after },
    over,
  );
  await stream.next();
  return stream;
}
