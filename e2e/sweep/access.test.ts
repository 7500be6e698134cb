import { getNamedType, isCompositeType } from 'graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import { administrator, anyone, signIn } from '../gatehouse.ts';
import { variablesFor } from '../schema/arguments.ts';
import { documentFor } from '../schema/operation.ts';
import { answerTypes, publicSchema, rootFields } from '../schema/public-schema.ts';
import { leafPaths, merged, shortSelection } from '../schema/selection.ts';
import { callers, doors, rootAccess, withoutDoor } from './access.ts';
import { ownFields, victimFields } from './field-access.ts';
import { outcomeOf, streamOutcome } from './outcome.ts';
import { createWorld, freshClient, type World } from './world.ts';

const schema = publicSchema();
const roots = rootFields(schema);
let world: World;

beforeAll(async () => {
  world = await createWorld();
});

describe('the table covers the schema:', () => {
  test('every root field', () => {
    expect(Object.keys(rootAccess).toSorted()).toEqual(roots.map(({ coordinate }) => coordinate).toSorted());
  });

  test('every field of every type', () => {
    const types = answerTypes(schema).filter(({ name }) => !withoutDoor.test(name));
    const coordinates = types.flatMap((type) =>
      Object.keys(type.getFields()).map((field) => `${type.name}.${field}`),
    );
    expect(Object.keys(ownFields).toSorted()).toEqual(coordinates.toSorted());
    const seen = coordinates.filter((coordinate) => doors[coordinate.split('.')[0] ?? '']?.victim);
    expect(Object.keys(victimFields).toSorted()).toEqual(seen.toSorted());
  });
});

describe('every query, mutation and subscription, with the ids of the victim, as', () => {
  test.each(callers)('%s', async (kind) => {
    const column = callers.indexOf(kind);
    const before = await portraitOf(world);
    const outcomes: Record<string, string> = {};
    const signedIn = () => (kind === 'anonymous' ? anyone : freshClient(world.callers[kind], kind));
    const standing = await signedIn();
    for (const { root, field, coordinate } of roots) {
      const client = coordinate === 'Mutation.logout' ? await signedIn() : standing;
      const document = documentFor(root, field);
      const variables = variablesFor(field, coordinate, world.examples);
      outcomes[coordinate] =
        root === 'Subscription'
          ? await streamOutcome(client.subscribe(document, variables), rootAccess[coordinate]?.[column], () =>
              stir(world),
            )
          : outcomeOf(await client.graphql(document, variables), world.marks);
    }
    expect(outcomes).toEqual(
      Object.fromEntries(Object.entries(rootAccess).map(([coordinate, row]) => [coordinate, row[column]])),
    );
    expect(await portraitOf(world)).toEqual(before);
    expect(await world.victim.client.refusal('{ me { id } }'), 'the victim was signed out').toBeNull();
  });
});

describe('every field of an own object, as', () => {
  const kinds = ['selfRegistration', 'user', 'foreignAdministrator'] as const;
  test.each(kinds)('%s', async (kind) => {
    const client = await freshClient(world.callers[kind], kind);
    const column = kinds.indexOf(kind);
    const outcomes = await eachField('own', async (query) =>
      outcomeOf(await client.graphql(query), world.marks),
    );
    expect(outcomes).toEqual(columnOf(ownFields, column));
  });
});

describe('every field of the victim, as', () => {
  test.each([
    ['reader', () => world.callers.reader],
    ['administrator', () => world.administrator],
  ] as const)('%s', async (kind, person) => {
    const { client } = person();
    const outcomes = await eachField('victim', async (query) => outcomeOf(await client.graphql(query), []));
    expect(outcomes).toEqual(columnOf(victimFields, kind === 'reader' ? 0 : 1));
  });
});

/** As many as are not refused for their cost, most often. */
const objectsAtOnce = 12;

describe('nothing of the victim is found anywhere, however one asks, as', () => {
  test.each(['anonymous', 'selfRegistration', 'user', 'foreignAdministrator'] as const)(
    '%s',
    async (kind) => {
      const client = kind === 'anonymous' ? anyone : await freshClient(world.callers[kind], kind);
      const leaks: string[] = [];
      let asked = 0;
      for (const { field, coordinate } of roots.filter(({ root }) => root === 'Query')) {
        const variables = variablesFor(field, coordinate, { ...world.examples, ...everything });
        const objects = [
          ...Map.groupBy(leafPaths(field.type, 6), (path) => path.slice(0, -1).join('.')).values(),
        ];
        const ask = async (some: typeof objects): Promise<void> => {
          const selection = `{ ${merged(some.flat())} }`;
          const answer = await client.graphql(documentFor('Query', field, { selection }), variables);
          if (answer.errors.some(({ extensions }) => extensions.code === 'OPERATION_TOO_COMPLEX')) {
            expect(some.length).toBeGreaterThan(1);
            const middle = some.length >> 1;
            await ask(some.slice(0, middle));
            return await ask(some.slice(middle));
          }
          asked++;
          const found = world.marks.filter((mark) => JSON.stringify(answer).includes(mark));
          if (found.length > 0) leaks.push(`${coordinate} ${selection}: ${found}`);
        };
        for (let from = 0; from < objects.length; from += objectsAtOnce) {
          await ask(objects.slice(from, from + objectsAtOnce));
        }
      }
      expect(leaks).toEqual([]);
      expect(asked).toBeGreaterThan(10);
    },
  );

  test('counts neither: an administrator counts the own tenant only', async () => {
    const { client } = world.callers.foreignAdministrator;
    const { users } = await client.ask<{ users: { totalCount: number; nodes: unknown[] } }>(
      '{ users(first: 100) { totalCount nodes { id } } }',
    );
    expect(users.totalCount).toBe(users.nodes.length);
    for (const text of [world.victim.email, 'Last']) {
      const found = await client.ask<{ users: { totalCount: number; nodes: { email: string }[] } }>(
        'query ($text: String) { users(filter: { text: $text }) { totalCount nodes { email } } }',
        { text },
      );
      expect(found.users.totalCount).toBe(text === 'Last' ? 1 : 0);
    }
  });
});

test('the committed schema is the one that is served', async () => {
  const { client } = await administrator();
  const { __schema: served } = await client.ask<{
    __schema: { types: { name: string; fields: { name: string }[] | null }[] };
  }>('{ __schema { types { name fields { name } } } }');
  for (const type of answerTypes(schema)) {
    const fields = served.types.find(({ name }) => name === type.name)?.fields?.map(({ name }) => name);
    expect(fields?.toSorted(), type.name).toEqual(Object.keys(type.getFields()).toSorted());
  }
});

/** No filters: as much as one can get. */
const everything = {
  role: undefined,
  userId: undefined,
  ownerId: undefined,
  actor: undefined,
  subject: undefined,
};

/** Asks for each field of each type that has this door, one at a time. */
async function eachField(
  door: 'own' | 'victim',
  ask: (query: string) => Promise<string>,
): Promise<Record<string, string>> {
  const outcomes: Record<string, string> = {};
  for (const type of answerTypes(schema)) {
    const way = doors[type.name]?.[door]
      ?.replace('$id', JSON.stringify(world.victim.id))
      .replace('$email', JSON.stringify(world.victim.email));
    if (!way) continue;
    for (const field of Object.values(type.getFields())) {
      const selection = isCompositeType(getNamedType(field.type)) ? shortSelection(field.type) : '';
      outcomes[`${type.name}.${field.name}`] = await ask(
        `{ ${way.replace('%', `${field.name} ${selection}`)} }`,
      );
    }
  }
  return outcomes;
}

const columnOf = (table: Record<string, readonly string[]>, column: number) =>
  Object.fromEntries(Object.entries(table).map(([coordinate, row]) => [coordinate, row[column]]));

/** What an attack on the victim would change. */
async function portraitOf({ victim, examples }: World): Promise<unknown> {
  const { client } = await administrator();
  const { user, clients } = await client.ask<{ user: unknown; clients: { nodes: { id: string }[] } }>(
    `query ($id: ID!) {
      user(id: $id) {
        email username firstName lastName status locale timeZone lockedUntil
        roles { name permissions { name } } avatar { id name tags } preferences { key value }
        documents(first: 50) { nodes { id } }
      }
      clients(first: 100) { nodes { id } }
    }`,
    { id: victim.id },
  );
  return { user, program: clients.nodes.find(({ id }) => id === examples.clientId) };
}

/** The victim does what others must not notice. */
async function stir({ victim }: World): Promise<void> {
  await signIn(victim);
  const { client } = await administrator();
  for (const mutation of ['assignRole', 'removeRole']) {
    await client.ask(
      `mutation { ${mutation}(input: { userId: "${victim.id}", role: "admin" }) { user { id } } }`,
    );
  }
}
