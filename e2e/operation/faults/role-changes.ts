import type { Person, people } from '@gatehouse/testkit/clients';

export type RoleChanges = {
  /** Resolves when the audit log tells of so many. */
  applied(count: number): Promise<void>;
  /** Ends it: what was done, and what the audit log says was done, once nothing more comes. */
  stop(): Promise<{ made: string[]; log: string[] }>;
};

const pauseMs = 100;
const drainMs = 30_000;
/** Nothing may come after the last, least of all something twice. */
const quietMs = 1_500;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Gives somebody a role and takes it again, all the time. The events of it make the audit log. */
export async function startRoleChanges(
  story: ReturnType<typeof people>,
  { client }: Person,
): Promise<RoleChanges> {
  const { id: userId } = await story.registerAndConfirm();
  const made: string[] = [];
  let stopped = false;

  const changing = (async () => {
    for (
      let action = 'assignRole';
      !stopped;
      action = action === 'assignRole' ? 'removeRole' : 'assignRole'
    ) {
      const input = `${action[0]?.toUpperCase()}${action.slice(1)}Input`;
      await client.ask(`mutation ($input: ${input}!) { ${action}(input: $input) { __typename } }`, {
        input: { userId, role: 'admin' },
      });
      made.push(action);
      await pause(pauseMs);
    }
  })();
  changing.catch(() => {});

  /** Oldest first. */
  async function read(): Promise<string[]> {
    const log: string[] = [];
    for (let after: string | null = null; ; ) {
      const { auditLog }: Page = await client.ask<Page>(
        `query ($after: String, $filter: AuditFilter) {
          auditLog(first: 100, after: $after, filter: $filter) { nodes { action } pageInfo { hasNextPage endCursor } }
        }`,
        { after, filter: { subject: userId } },
      );
      log.push(...auditLog.nodes.map(({ action }) => action).filter((action) => action.endsWith('Role')));
      if (!auditLog.pageInfo.hasNextPage) return log.reverse();
      after = auditLog.pageInfo.endCursor;
    }
  }

  async function applied(count: number): Promise<void> {
    for (const deadline = Date.now() + drainMs; Date.now() < deadline; await pause(100)) {
      if ((await read()).length >= count) return;
    }
  }

  return {
    applied,
    async stop() {
      stopped = true;
      await changing;
      await applied(made.length);
      await pause(quietMs);
      return { made, log: await read() };
    },
  };
}

type Page = {
  auditLog: { nodes: { action: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } };
};
