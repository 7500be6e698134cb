import type { ErrorCode } from '@gatehouse/service-kit';

/** What can be lost. */
export const rows = [
  'PostgreSQL',
  'Redis',
  'MongoDB',
  'Kafka',
  'SMTP',
  'user',
  'auth',
  'storage',
  'notification',
] as const;
export type Row = (typeof rows)[number];

/** How. */
export const columns = ['stopped', 'killed', 'paused', 'cut off', 'slow', 'disk full'] as const;
export type Column = (typeof columns)[number];

/** What people do meanwhile; what is not listed as failing has to go on. */
export const kinds = [
  'token check',
  'sign-in',
  'registration',
  'list of documents',
  'notifications',
  'upload',
  'download',
] as const;
export type Kind = (typeof kinds)[number];

/** `BROKEN_OFF`: a transfer that was under way ended before its end, and its client can tell. */
export type Told = ErrorCode | 'BROKEN_OFF';

export type Expectation = {
  /** What may be refused while it lasts, and with which codes. */
  fails: Partial<Record<Kind, readonly Told[]>>;
  /** Everything is answered again so long after the end of the fault, at the latest. */
  recoversWithinMs: number;
  /** The longest that an answer may take meanwhile, good or bad. */
  answersWithinMs: number;
  /** What `degraded` of /readyz names while it lasts. */
  degraded?: string;
};
export type Cell = Expectation | { notSimulated: string };

/** The longest that the gateway waits for a subgraph, and a moment. */
const deadlineMs = 11_000;

const everything = (codes: readonly Told[]): Expectation['fails'] =>
  Object.fromEntries(kinds.map((kind) => [kind, codes]));

const content = (...codes: Told[]): Expectation['fails'] => ({
  upload: [...codes, 'BROKEN_OFF'],
  download: [...codes, 'BROKEN_OFF'],
});

const expected = (given: Partial<Expectation> = {}): Expectation => ({
  fails: {},
  recoversWithinMs: 5_000,
  answersWithinMs: 6_000,
  ...given,
});

const unavailable = ['SUBGRAPH_UNAVAILABLE'] as const;
const withoutDatabase = expected({
  fails: {
    ...everything(unavailable),
    // What the issuer of tokens says of any trouble of its own.
    'sign-in': [...unavailable, 'OVERLOADED'],
    ...content(...unavailable),
  },
  recoversWithinMs: 10_000,
  answersWithinMs: deadlineMs,
});
/** A server that hangs is given up after seven seconds, a driver that waits in vain for it after five. */
const withoutContent = expected({
  fails: content('CONTENT_UNAVAILABLE'),
  recoversWithinMs: 10_000,
  answersWithinMs: 10_000,
});
const ofSubgraph = (fails: Expectation['fails']) => {
  const lost = expected({ fails, answersWithinMs: deadlineMs });
  return {
    stopped: lost,
    killed: lost,
    paused: { ...lost, answersWithinMs: 12_000 },
    'cut off': lost,
    slow: expected(),
    'disk full': noDisk,
  };
};

const noDisk = { notSimulated: 'it has no disk' };

/** Every cell is a test. */
export const matrix: Record<Row, Record<Column, Cell>> = {
  PostgreSQL: {
    stopped: withoutDatabase,
    killed: withoutDatabase,
    paused: { ...withoutDatabase, answersWithinMs: 12_000 },
    'cut off': withoutDatabase,
    slow: expected({ answersWithinMs: 10_000 }),
    'disk full': withoutDatabase,
  },
  Redis: {
    stopped: expected({ degraded: 'cache' }),
    killed: expected({ degraded: 'cache' }),
    paused: expected({ degraded: 'cache' }),
    'cut off': expected({ degraded: 'cache' }),
    slow: expected(),
    // Its reads go on.
    'disk full': expected(),
  },
  MongoDB: {
    stopped: withoutContent,
    killed: withoutContent,
    paused: { ...withoutContent, answersWithinMs: 12_000 },
    'cut off': withoutContent,
    slow: expected(),
    'disk full': withoutContent,
  },
  Kafka: {
    stopped: expected({ degraded: 'events' }),
    killed: expected({ degraded: 'events' }),
    paused: expected({ degraded: 'events' }),
    'cut off': expected({ degraded: 'events' }),
    slow: expected(),
    'disk full': expected({ degraded: 'events' }),
  },
  // Mails wait, and come when it is back.
  SMTP: {
    stopped: expected(),
    killed: expected(),
    paused: expected(),
    'cut off': expected(),
    slow: expected(),
    'disk full': expected(),
  },
  user: ofSubgraph({
    'token check': unavailable,
    'sign-in': unavailable,
    registration: unavailable,
    'list of documents': unavailable,
    notifications: unavailable,
  }),
  auth: ofSubgraph(everything([...unavailable])),
  storage: ofSubgraph({
    'list of documents': unavailable,
    ...content('SUBGRAPH_UNAVAILABLE'),
  }),
  notification: ofSubgraph({ notifications: unavailable }),
};
