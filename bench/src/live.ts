/** The notification subgraph of the fan-out: one subscription, whose events come from memory. BENCH_LIVE=1 asks for it. */
export const isLive = process.env.BENCH_LIVE === '1';

export const liveSdl = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@requiresScopes"])
  type Query { unreadCount: Int! }
  type Subscription { ticked: Tick! @requiresScopes(scopes: [["users:read"]]) }
  type Tick { number: Int! publishedAt: Float! text: String! }
`;

export const liveEnforced = ['Subscription.ticked'];

export const liveQuery = 'subscription { ticked { number publishedAt text } }';

export type Tick = { number: number; publishedAt: number; text: string };

/** Milliseconds on a clock that all processes of the machine share. */
export const now = (): number => performance.timeOrigin + performance.now();

/** Each event leads to the next: whoever reads slowly misses nothing. */
type Link = { tick: Tick; next: Promise<Link> };
let last = Promise.withResolvers<Link>();
let published = 0;

function publish(): void {
  const { resolve } = last;
  last = Promise.withResolvers();
  const tick = { number: ++published, publishedAt: now(), text: 'Welcome to Gatehouse' };
  resolve({ tick, next: last.promise });
}

/** Publishes an event for every message of the parent. */
export function publishOnMessage(): void {
  process.on('message', publish);
}

async function* ticks(): AsyncGenerator<Tick> {
  for (let next = last.promise; ; ) {
    const link = await next;
    yield link.tick;
    next = link.next;
  }
}

export const liveResolvers = {
  Query: { unreadCount: () => 3 },
  Subscription: {
    ticked: {
      subscribe: () => ticks(),
      resolve: (tick: Tick) => tick,
    },
  },
};
