import type { EngineName } from '@gatehouse/testkit';

/** An engine of a fleet, started for tests: real, on this machine, without Docker. */
export type Engine = {
  name: EngineName;
  /** Says why it can't be started here; undefined when it can. */
  missing(): string | undefined;
  /** Starts one of our own, empty, without durability beyond what its product promises by default. */
  start(): Promise<RunningEngine>;
};

export type RunningEngine = {
  url: string;
  pid(): number;
  /** SIGKILL, SIGSTOP, SIGCONT … to its process. */
  signal(signal: NodeJS.Signals): void | Promise<void>;
  /** Ends it and waits; its data stays. */
  halt(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same data and the same URL. */
  resume(): Promise<void>;
  /** Leaves nothing behind. */
  stop(): Promise<void>;
};
