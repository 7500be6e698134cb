import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from './harness/gateway.ts';
import { listen } from './harness/stream-clients.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({ config: { costLimit: 500 } });
});
afterAll(() => gateway.stop());

type Told = {
  data?: unknown;
  errors?: { message: string; extensions: Record<string, unknown> }[];
  extensions?: { cost?: { estimated: number; limit: number } };
};

const ask = async (query: string, variables?: Record<string, unknown>): Promise<Told> => {
  const response = await gateway.post({ query, variables }, { 'x-gatehouse-cost': '1' });
  return (await response.json()) as Told;
};
/** What an operation is estimated to cost, whether it was answered or refused. */
const costOf = async (query: string, variables?: Record<string, unknown>) => {
  const { extensions, errors } = await ask(query, variables);
  return extensions?.cost?.estimated ?? errors?.[0]?.extensions.cost ?? JSON.stringify(errors);
};

describe('an operation costs', () => {
  it.each([
    ['nothing for plain values', '{ hello __typename unread }', 0],
    ['one for an object', '{ documents { id } }', 10],
    ['a list as often as it is long by default, nested', '{ documents { id owner { email } } }', 20],
    ['a list as often as its slicing argument says', '{ users(count: 7) { id } }', 7],
    ['what is below it as often', '{ users(count: 7) { id friend { id } documents { id } } }', 7 * 12],
    ['a connection by its sized fields', '{ people(first: 5) { nodes { id } } }', 1 + 5],
    ['each of them', '{ people(first: 5) { nodes { id } edges { node { id } } } }', 1 + 5 + 10],
    ['by the larger of two arguments', '{ people(first: 5, last: 9) { nodes { id } } }', 1 + 9],
    ['the assumed size without an argument', '{ people { nodes { id } } }', 1 + 20],
    ['the assumed size for null', '{ people(first: null) { nodes { id } } }', 1 + 20],
    ['the assumed size for what is none', '{ people(first: -1000) { nodes { id } } }', 1 + 20],
    ['nothing below an empty page', '{ people(first: 0) { nodes { id } } }', 1],
    ['the weight of an argument', '{ search(text: "a") { id } }', 7 + 10],
    ['nothing for an argument left out', '{ search { id } }', 10],
    ['ten more for a change', 'mutation { rename(input: { id: "1", name: "x" }) { id } }', 10 + 1],
    [
      'the weight of a field, for every alias',
      'mutation { a: login(identifier: "a") b: login(identifier: "b") }',
      210,
    ],
    [
      'once what is asked for twice',
      '{ people(first: 5) { nodes { id } } people(first: 5) { nodes { email } } }',
      6,
    ],
    [
      'as much under another name',
      '{ a: people(first: 5) { nodes { id } } b: people(first: 5) { nodes { id } } }',
      12,
    ],
    [
      'as much in fragments',
      '{ ...A } fragment A on Query { people(first: 5) { ...B } } fragment B on People { ... { nodes { id } } }',
      6,
    ],
    [
      'as much in fragments on more types',
      '{ people(first: 5) { ... on People { nodes { id } } ...B } } fragment B on People { edges { node { id } } }',
      16,
    ],
    [
      'nothing for what is skipped',
      '{ people(first: 5) @skip(if: true) { nodes { id } } hello @include(if: true) }',
      0,
    ],
    ['what is not skipped', '{ people(first: 5) @skip(if: false) { nodes { id } } }', 6],
  ])('%s', async (_, query, cost) => {
    expect(await costOf(query)).toBe(cost);
  });

  it('what its variables make of it', async () => {
    const sized =
      'query ($n: Int, $m: Int = 3) { a: people(first: $n) { nodes { id } } b: people(last: $m) { nodes { id } } }';
    expect(await costOf(sized)).toBe(21 + 4);
    expect(await costOf(sized, { n: 2 })).toBe(3 + 4);
    expect(await costOf(sized, { n: null, m: null })).toBe(21 + 21);
    expect(await costOf(sized, { n: -5, m: 7 })).toBe(21 + 8);
    const chosen =
      'query ($with: Boolean! = true) { people(first: 9) @include(if: $with) { nodes { id } } ...F @skip(if: $with) } fragment F on Query { documents { id } }';
    expect(await costOf(chosen)).toBe(10);
    expect(await costOf(chosen, { with: true })).toBe(10);
    expect(await costOf(chosen, { with: false })).toBe(10 + 0);
  });
});

describe('past the limit', () => {
  it.each([
    ['a long list', '{ users(count: 501) { id } }', {}, 501],
    ['a huge one', '{ users(count: 2147483647) { id friend { id } } }', {}, 2_147_483_647 * 2],
    ['a long list by variable', 'query ($n: Int!) { users(count: $n) { id } }', { n: 600 }, 600],
    ['by a default', 'query ($n: Int! = 700) { users(count: $n) { id } }', {}, 700],
    [
      'many short ones under aliases',
      `{ ${Array.from({ length: 19 }, (_, n) => `a${n}: users(count: 30) { id }`).join(' ')} }`,
      {},
      570,
    ],
    [
      'lists in lists in fragments',
      '{ users(count: 30) { ...F } } fragment F on User { a: documents { id } b: documents { owner { id } } }',
      {},
      30 * 31,
    ],
  ])('%s is refused', async (_, query, variables, cost) => {
    const before = gateway.seen.length;
    const { data, errors } = await ask(query, variables);
    expect(data).toBeUndefined();
    expect(errors?.[0]?.extensions).toEqual({ code: 'OPERATION_TOO_COMPLEX', cost, limit: 500 });
    expect(gateway.seen.length).toBe(before);
  });

  it('a document within it for some variables is answered for those', async () => {
    const query = 'query ($n: Int!) { users(count: $n) { id } }';
    expect((await ask(query, { n: 501 })).errors?.[0]?.extensions.code).toBe('OPERATION_TOO_COMPLEX');
    expect((await ask(query, { n: 2 })).data).toEqual({ users: [{ id: 'u0' }, { id: 'u1' }] });
  });
});

describe('the estimate is told', () => {
  const cost = { estimated: 3, limit: 500 };

  it('to those who ask, and to nobody else', async () => {
    const body = { query: '{ users(count: 3) { id } }' };
    expect(await (await gateway.post(body)).json()).toEqual({ data: expect.anything() });
    expect((await ask(body.query)).extensions).toEqual({ cost });
    const byBody = await gateway.post({ ...body, extensions: { cost: true } });
    expect(await byBody.json()).toMatchObject({ data: expect.anything(), extensions: { cost } });
  });

  it('beside errors, too', async () => {
    const told = await ask('{ users(count: 3) { id } fails(how: "coded") }');
    expect(told).toMatchObject({ data: { fails: null }, extensions: { cost } });
    expect(told.errors).toHaveLength(1);
  });

  it('over a socket, with the first event of a stream', async () => {
    const query = 'subscription { ticks(every: 1) { n } }';
    const stream = listen(gateway, 'websocket', { query, extensions: { cost: true } });
    expect((await stream.event(0)).extensions).toEqual({ cost: { estimated: 1, limit: 500 } });
    expect((await stream.event(1)).extensions).toBeUndefined();
    stream.stop();
  });
});

it('a limit of 0 is none', async () => {
  const open = await startGateway({ config: { costLimit: 0 } });
  expect((await open.query('{ users(count: 6000) { id } }')).errors).toBeUndefined();
  await open.stop();
});
