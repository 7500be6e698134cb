import { advance, type Newcomer, newcomer, verify } from '../newcomers.ts';
import type { Story } from './watch-events.ts';

export type Newcomers = {
  /** Ends it, and holds what everybody was answered against what is there now. */
  stop(): Promise<{ count: number; problems: string[] }>;
};

const pauseMs = 250;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** People who register, confirm and are given a role, one after the other. `timed` is told how registering went. */
export async function startNewcomers(
  story: Story,
  timed: (register: () => Promise<string>) => Promise<string>,
): Promise<Newcomers> {
  const { client: admin } = await story.administrator();
  const newcomers: Newcomer[] = [];
  let stopped = false;

  const register: Story['register'] = async (account = {}) => {
    let failure: unknown;
    await timed(async () => {
      try {
        await story.register(account);
        return 'ok';
      } catch (error) {
        failure = error;
        return /"code":"(\w+)"/.exec(String(error))?.[1] ?? String(error);
      }
    });
    if (failure) throw failure;
    return { email: account.email ?? '' };
  };

  const arriving = (async () => {
    for (; !stopped; await pause(pauseMs)) {
      const one = newcomer();
      newcomers.push(one);
      await advance(one, { ...story, register }, admin).catch(() => {});
    }
  })();

  return {
    async stop() {
      stopped = true;
      await arriving;
      const problems: string[] = [];
      const queue = newcomers.values();
      const verdicts = Array.from({ length: 4 }, async () => {
        for (const one of queue) {
          await verify(one, story, admin).catch((error: Error) =>
            problems.push(
              `${one.email} (${one.registered}, ${one.confirmed}, ${one.promoted}): ${error.message}`,
            ),
          );
        }
      });
      await Promise.all(verdicts);
      return { count: newcomers.length, problems };
    },
  };
}
