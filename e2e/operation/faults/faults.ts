import type { RunningEngine } from '../../../scripts/engines/index.ts';
import type { Network } from './network.ts';

/** An engine, and the way to it. */
export type Part = { engine: RunningEngine; network: Network };
export type Fault = { name: string; begin(part: Part): unknown; lastsMs: number; end(part: Part): unknown };

/** The ways in which an engine goes away. */
export const faults: Fault[] = [
  {
    name: 'stopped',
    begin: ({ engine }) => engine.halt(),
    lastsMs: 1_000,
    end: ({ engine }) => engine.resume(),
  },
  {
    name: 'killed',
    begin: ({ engine }) => engine.halt('SIGKILL'),
    lastsMs: 1_000,
    end: ({ engine }) => engine.resume(),
  },
  {
    name: 'paused',
    begin: ({ engine }) => engine.signal('SIGSTOP'),
    lastsMs: 2_500,
    end: ({ engine }) => engine.signal('SIGCONT'),
  },
  {
    name: 'cut off',
    begin: ({ network }) => network.cut(),
    lastsMs: 1_000,
    end: ({ network }) => network.mend(),
  },
];
