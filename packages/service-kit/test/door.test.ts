import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { createLogger, GatehouseError } from '@gatehouse/service-kit';
import {
  connectDoor,
  createDoor,
  type DoorClient,
  type Fetches,
  type FetchResult,
} from '@gatehouse/service-kit/subgraph';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FrameReader, FrameWriter } from '../src/door/frames.ts';
import { doorPath, doorProtocol, slots } from '../src/door/protocol.ts';
import { Deadline } from '../src/subgraph/deadline.ts';

type Asked = { document: string; variables: Record<string, unknown>; caller: string };

const logs: string[] = [];
const logger = createLogger({ name: 'test', level: 'debug' }, { write: (line) => void logs.push(line) });
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

let asked: Asked[];
let answer: (asked: Asked) => FetchResult | Promise<FetchResult>;
let prepared: number;
let server: Server;
let connections: Set<Socket>;
let door: ReturnType<typeof createDoor<string>>;
let client: DoorClient;
let admit: () => Promise<void>;

const fetches = {
  prepare(document: string) {
    prepared++;
    return (variables: Record<string, unknown>, caller: string) => {
      const one = { document, variables, caller };
      asked.push(one);
      return answer(one);
    };
  },
} as Fetches<string>;

beforeEach(async () => {
  asked = [];
  prepared = 0;
  answer = ({ variables }) => ({ data: variables });
  admit = async () => {};
  logs.length = 0;
  door = createDoor<string>({
    fetches,
    logger,
    admit: () => admit(),
    verify(passport, trace) {
      if (passport?.startsWith('bad')) throw new GatehouseError('UNAUTHENTICATED', 'no');
      const caller = `${passport} ${trace}`;
      return passport?.startsWith('new') ? Promise.resolve(caller) : caller;
    },
  });
  server = createServer();
  connections = new Set();
  server.on('connection', (socket) => void connections.add(socket));
  server.on('upgrade', (request, socket, head) => void door.open(request, socket, head));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  client = connectDoor({
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    passport: async () => 'gateway',
    maxResponseBytes: 100_000,
    connectTimeoutMs: 1_000,
  });
});
afterEach(async () => {
  client.close();
  for (const socket of connections) socket.destroy();
  server.close();
});

const ask = async (
  variables: Record<string, unknown>,
  { document = '{ a }', passport = 'p', timeoutMs = 5_000, gone = undefined as AbortSignal | undefined } = {},
) => {
  const deadline = new Deadline(timeoutMs, gone);
  try {
    const given = { document, passport, traceparent, variables: JSON.stringify(variables), deadline };
    const { status, text } = await client.fetch(given);
    return status === 200 ? (JSON.parse(text) as FetchResult) : { status, text };
  } finally {
    deadline.end();
  }
};

describe('a fetch through the door', () => {
  test('brings the document, who asks, the trace and the variables', async () => {
    const variables = { text: 'é漢\u2028😀"\\', list: [1, null] };
    expect(await ask(variables, { document: 'query ($é: Int) { x }' })).toEqual({ data: variables });
    expect(asked).toEqual([{ document: 'query ($é: Int) { x }', variables, caller: `p ${traceparent}` }]);
  });

  test('is answered whatever others take', async () => {
    const releases: (() => void)[] = [];
    answer = ({ variables }) =>
      variables.slow
        ? new Promise((resolve) => releases.push(() => resolve({ data: variables })))
        : { data: variables };
    const slow = [1, 2, 3].map((n) => ask({ slow: n }));
    const quick = await Promise.all(Array.from({ length: 500 }, (_, n) => ask({ n })));
    expect(quick.map((result) => 'data' in result && result.data?.n)).toEqual(
      Array.from({ length: 500 }, (_, n) => n),
    );
    for (const release of releases.reverse()) release();
    expect(await Promise.all(slow)).toEqual([1, 2, 3].map((n) => ({ data: { slow: n } })));
  });

  test('sends documents and passports once, however many connections and fetches', async () => {
    await Promise.all(Array.from({ length: 100 }, (_, n) => ask({ n })));
    expect(prepared).toBeLessThanOrEqual(2);
  });

  test('names the right document and caller when there are more than the door remembers', async () => {
    const count = slots.passports + 200;
    for (const round of [1, 2]) {
      const answers = await Promise.all(
        Array.from({ length: count }, (_, n) =>
          ask({ n, round }, { document: `{ d${n % 1_500} }`, passport: `p${n}` }),
        ),
      );
      expect(answers).toHaveLength(count);
    }
    for (const { document, variables, caller } of asked) {
      expect(document).toBe(`{ d${(variables.n as number) % 1_500} }`);
      expect(caller).toBe(`p${variables.n} ${traceparent}`);
    }
    expect(asked).toHaveLength(count * 2);
  });

  test('is made under its own passport: one that does not stand is refused, and others are answered', async () => {
    const [bad, good, fresh] = await Promise.all([
      ask({ n: 1 }, { passport: 'bad' }),
      ask({ n: 2 }, { passport: 'p' }),
      ask({ n: 3 }, { passport: 'new' }),
    ]);
    expect(bad).toEqual({ status: 401, text: 'UNAUTHENTICATED' });
    expect([good, fresh]).toEqual([{ data: { n: 2 } }, { data: { n: 3 } }]);
    expect(asked.map(({ caller }) => caller.split(' ')[0])).not.toContain('bad');
  });

  test('that is too large is refused alone; so is an answer that is', async () => {
    expect(await ask({ text: 'x'.repeat(1_100_000) })).toEqual({ status: 413, text: 'PAYLOAD_TOO_LARGE' });
    answer = ({ variables }) => ({ data: { text: 'y'.repeat(variables.length as number) } });
    const [large, small] = await Promise.allSettled([ask({ length: 200_000 }), ask({ length: 10 })]);
    expect(large).toMatchObject({ status: 'rejected', reason: { code: 'UND_ERR_RES_EXCEEDED_MAX_SIZE' } });
    expect(small).toMatchObject({ value: { data: { text: 'y'.repeat(10) } } });
    expect(await ask({ length: 90_000 })).toEqual({ data: { text: 'y'.repeat(90_000) } });
  });

  test('ends when its time is over or its client goes away, and its late answer is nobody’s', async () => {
    const releases: (() => void)[] = [];
    answer = ({ variables }) => new Promise((resolve) => releases.push(() => resolve({ data: variables })));
    const gone = new AbortController();
    const late = ask({ n: 1 }, { timeoutMs: 50 });
    const left = ask({ n: 2 }, { gone: gone.signal });
    const kept = ask({ n: 3 });
    setTimeout(() => gone.abort(new Error('gone')), 20);
    await expect(left).rejects.toThrow('gone');
    await expect(late).rejects.toThrow('no answer within 50 ms');
    await expect(ask({ n: 4 }, { gone: gone.signal })).rejects.toThrow('gone');
    // A connection that said nothing while somebody waited in vain is left, and with it what waits on it.
    for (const release of releases) release();
    await kept.catch((error) => expect(error).toMatchObject({ code: 'ECONNRESET' }));
    answer = ({ variables }) => ({ data: variables });
    expect(await ask({ n: 5 })).toEqual({ data: { n: 5 } });
    expect(asked.map(({ variables }) => variables.n)).not.toContain(4);
  });

  test('fails when the connection is lost; the next one opens another', async () => {
    answer = () => new Promise(() => {});
    const lost = Promise.allSettled([ask({ n: 1 }), ask({ n: 2 })]);
    while (asked.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    for (const socket of connections) socket.destroy();
    for (const one of await lost) expect(one).toMatchObject({ reason: { code: 'ECONNRESET' } });
    answer = ({ variables }) => ({ data: variables });
    expect(await ask({ n: 3 })).toEqual({ data: { n: 3 } });
  });
});

describe('the door', () => {
  test('lets what is under way finish when the process stops, and takes nothing new', async () => {
    let release = () => {};
    answer = ({ variables }) => new Promise((resolve) => (release = () => resolve({ data: variables })));
    const running = ask({ n: 1 });
    while (asked.length < 1) await new Promise((resolve) => setTimeout(resolve, 5));
    const closing = door.close(2_000);
    await new Promise((resolve) => setTimeout(resolve, 30));
    release();
    expect(await running).toEqual({ data: { n: 1 } });
    await closing;
    await expect(ask({ n: 2 })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('opens to a gateway only', async () => {
    admit = async () => {
      throw new GatehouseError('FORBIDDEN', 'no');
    };
    await expect(ask({ n: 1 })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(await raw('x', { upgrade: doorProtocol })).toMatch(/^HTTP\/1.1 403/);
    expect(await raw('x', { upgrade: 'websocket' })).toMatch(/^HTTP\/1.1 400/);
  });

  test.each([
    ['noise', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    [
      'a fetch of documents and passports that were never sent',
      frame(3, 1, Buffer.concat([Buffer.alloc(8), Buffer.from(`${traceparent}{}`)])),
    ],
    ['a fetch cut short', frame(3, 1, Buffer.alloc(4))],
    ['a slot beyond the last', frame(1, slots.documents, Buffer.from('{ a }'))],
    ['an unknown kind', frame(99, 1, Buffer.alloc(0))],
    ['a document too long', Buffer.from([0x7f, 0xff, 0xff, 0xff, 1, 0, 0, 0, 0, 1, 2])],
  ])('closes on %s, and goes on for others', async (_, bytes) => {
    const text = await raw(bytes, { upgrade: doorProtocol });
    expect(text).toMatch(/^HTTP\/1.1 101/);
    expect(logs.some((line) => line.includes('broke the rules'))).toBe(true);
    expect(await ask({ n: 1 })).toEqual({ data: { n: 1 } });
  });
});

describe('frames', () => {
  test('come out as they went in, however the bytes are cut', () => {
    const written: Buffer[] = [];
    const writer = new FrameWriter({
      writable: true,
      write: (chunk: Buffer) => written.push(Buffer.from(chunk)),
    } as never);
    const texts = Array.from({ length: 40 }, (_, n) => 'aé漢😀'.repeat(n * n * 10));
    for (const [n, text] of texts.entries()) writer.write(n % 5, n, text, n, 2 ** 32 - 1);
    return new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      const bytes = Buffer.concat(written);
      for (const size of [1, 2, 3, 7, 64, 1_000, 65_536, bytes.length]) {
        const found: { kind: number; id: number; text: string }[] = [];
        const reader = new FrameReader({
          maxBytes: 10_000_000,
          handle: ({ kind, id, bytes: rest }) => {
            expect([rest.readUInt32BE(0), rest.readUInt32BE(4)]).toEqual([id, 2 ** 32 - 1]);
            found.push({ kind, id, text: rest.toString('utf8', 8) });
          },
          tooLong: () => expect.unreachable(),
        });
        for (let at = 0; at < bytes.length; at += size)
          reader.push(Buffer.from(bytes.subarray(at, at + size)));
        expect(found.map(({ text }) => text)).toEqual(texts);
        expect(found.map(({ kind, id }) => [kind, id])).toEqual(texts.map((_, n) => [n % 5, n]));
      }
    });
  });
});

function frame(kind: number, id: number, rest: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUInt32BE(5 + rest.length, 0);
  head.writeUInt8(kind, 4);
  head.writeUInt32BE(id, 5);
  return Buffer.concat([head, rest]);
}

/** What a connection says that opens the door by hand and sends bytes. */
async function raw(bytes: string | Buffer, { upgrade }: { upgrade: string }): Promise<string> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  let said = '';
  socket.on('data', (chunk: Buffer) => {
    said += chunk.toString('latin1');
  });
  socket.on('error', () => {});
  socket.write(`GET ${doorPath} HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: ${upgrade}\r\n\r\n`);
  while (!said.includes('\r\n\r\n')) await new Promise((resolve) => setTimeout(resolve, 5));
  socket.write(bytes);
  if (!socket.closed) await once(socket, 'close');
  return said;
}
