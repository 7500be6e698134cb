import { createMetrics } from '@gatehouse/service-kit';
import { openPasswords } from '../../../subgraphs/auth/src/passwords/passwords.ts';
import { passwordSettings } from './password-settings.ts';

/** The most logins there could be: the pool of the product comparing passwords, and nothing else. */
const passwords = openPasswords(passwordSettings, createMetrics());
const hash = await passwords.hash('correct horse of the ceiling');

process.on('message', async ({ seconds, connections }: { seconds: number; connections: number }) => {
  const began = performance.now();
  let compared = 0;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (performance.now() - began < seconds * 1_000) {
        await passwords.compare('correct horse of the ceiling', hash);
        compared++;
      }
    }),
  );
  process.send?.({ measured: compared / ((performance.now() - began) / 1_000) });
});
process.on('disconnect', () => process.exit(0));
process.send?.({ ready: true });
