import type { RunningEngine } from '../../../scripts/engines/index.ts';
import type { Network } from './network.ts';

/** What can be taken away: a server, and the way to it. */
export type Part = {
  server: Pick<RunningEngine, 'signal' | 'halt' | 'resume'>;
  network: Network;
  /** Its disk, where that can be made small. */
  disk?: Disk | undefined;
};

export type Disk = { fill(): Promise<void>; free(): Promise<void> };
