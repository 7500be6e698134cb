import { appendFileSync } from 'node:fs';
import { people } from '@gatehouse/testkit/clients';
import { inject, test } from 'vitest';

/** The deployment that this project's tests share. */
export const gatehouse = inject('gatehouse');

/** What another gateway in front of the subgraphs can't be asked for, and why. */
const ownFeatures = {
  endOfStreams:
    'Whose session ends is the gateway’s to watch. Hive Gateway lets a stream run until its client leaves.',
  suspendedTenants:
    'Which tenant answers at all is the gateway’s to ask; the fleet behind Hive Gateway still refuses what reaches it.',
  blockedAddresses:
    'Requests that are refused before they are read are refused by the gateway; subgraphs refuse sign-ins only.',
  apiKeys:
    'Who checks keys, addresses and quotas is the gateway in front; Hive Gateway leaves it to whoever runs it.',
  proofs: 'That a token is bound to a key is checked by the gateway in front; Hive Gateway reads no proofs.',
} as const;

/** A test of something that only our own gateway does; the others are left out where another one answers. */
export const testOf = (_feature: keyof typeof ownFeatures) => test.skipIf(gatehouse.topology === 'hive');

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
