import type { Column } from './matrix.ts';
import type { Part } from './part.ts';

export type Fault = { begin(part: Part): unknown; lastsMs: number; end(part: Part): unknown };

/** The ways in which a part goes away. */
export const faults: Record<Column, Fault> = {
  stopped: {
    begin: ({ server }) => server.halt(),
    lastsMs: 1_000,
    end: ({ server }) => server.resume(),
  },
  killed: {
    begin: ({ server }) => server.halt('SIGKILL'),
    lastsMs: 1_000,
    end: ({ server }) => server.resume(),
  },
  paused: {
    begin: ({ server }) => server.signal('SIGSTOP'),
    lastsMs: 10_000,
    end: ({ server }) => server.signal('SIGCONT'),
  },
  'cut off': {
    begin: ({ network }) => network.cut(),
    lastsMs: 1_000,
    end: ({ network }) => network.mend(),
  },
  slow: {
    begin: ({ network }) => network.slow(200),
    lastsMs: 2_500,
    end: ({ network }) => network.mend(),
  },
  'disk full': {
    begin: ({ disk }) => disk?.fill(),
    lastsMs: 2_000,
    end: async ({ disk }) => disk?.free(),
  },
};
