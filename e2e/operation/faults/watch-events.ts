import type { Person, people } from '@gatehouse/testkit/clients';

export type Story = ReturnType<typeof people>;

const live = 'subscription ($after: ID) { securityEvents(after: $after) { id } }';

/** Reads the person's security events live and resumes whenever the stream ends, until it is over and nothing more comes. */
export async function watchEvents(
  person: Person,
  isOver: () => boolean,
): Promise<{ seen: string[]; all: string[] }> {
  const [first] = await eventsOf(person);
  const seen = first ? [first] : [];
  for (let quiet = 0; quiet < 2; ) {
    const stream = person.client.subscribe<{ securityEvents: { id: string } }>(
      live,
      { after: seen.at(-1) },
      'sse',
    );
    try {
      for (;;) {
        seen.push((await stream.next(500)).securityEvents.id);
        quiet = 0;
      }
    } catch {
      if (isOver()) quiet += 1;
    } finally {
      stream.close();
    }
  }
  return { seen, all: await eventsOf(person) };
}

/** All of the person's security events, oldest first. */
async function eventsOf({ id, client }: Person): Promise<string[]> {
  const ids: string[] = [];
  for (let after: string | null = null; ; ) {
    const { securityEvents }: Events = await client.ask<Events>(
      `query ($after: String, $userId: ID) {
        securityEvents(first: 100, after: $after, filter: { userId: $userId }) {
          nodes { id } pageInfo { hasNextPage endCursor }
        }
      }`,
      { after, userId: id },
    );
    ids.push(...securityEvents.nodes.map((node) => node.id));
    if (!securityEvents.pageInfo.hasNextPage) return ids.reverse();
    after = securityEvents.pageInfo.endCursor;
  }
}

type Events = {
  securityEvents: { nodes: { id: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } };
};
