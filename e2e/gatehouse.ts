import { appendFileSync } from 'node:fs';
import { people } from '@gatehouse/testkit/clients';
import { inject } from 'vitest';

/** The deployment that this project's tests share. */
export const gatehouse = inject('gatehouse');

const { url, administrator: firstAdministrator, otherTenant: other } = gatehouse;
const onSecret = (secret: string) => appendFileSync(gatehouse.secretsFile, `${secret}\n`);

export const { anyone, mailbox, signIn, register, confirm, registerAndConfirm, administrator, memberWith } =
  people({ url, administrator: firstAdministrator, onSecret });

/** The same, on the host of the second tenant. */
export const otherTenant = people({ url, ...other, onSecret });

/** Tries until it holds, with a bound: for what another process does in its own time. */
export async function eventually<T>(attempt: () => Promise<T>, withinMs = 5_000): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
  }
}
