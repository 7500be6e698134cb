import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newPassword } from '@gatehouse/testkit/clients';
import { expect, test } from 'vitest';
import { gatehouse, registerAndConfirm } from '../gatehouse.ts';
import { findSecrets } from '../topology/find-secrets.ts';

// What every test of this run sent or received is looked for when all are done (topology/set-up.ts): in the log of the
// deployment, which writes all it can, and in its events. Here: that this search would find something.
test('secrets are noted, and would be found in a log', async () => {
  const { email, password, tokens } = await registerAndConfirm();
  const noted = readFileSync(gatehouse.secretsFile, 'utf8').split('\n');
  expect(noted).toEqual(expect.arrayContaining([password, tokens.accessToken, tokens.refreshToken]));
  expect(readFileSync(gatehouse.logFile, 'utf8')).not.toBe('');

  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-e2e-'));
  const [secretsFile, logFile] = [join(folder, 'secrets.txt'), join(folder, 'output.log')];
  const [hidden, told] = [newPassword(), newPassword()];
  // An address is no secret, and stands in the events: they are looked into as well.
  writeFileSync(secretsFile, [hidden, told, email].join('\n'));
  writeFileSync(logFile, `fine\n{"msg":"login with ${told}"}\n`);
  const found = await findSecrets({ ...gatehouse, secretsFile, logFile });
  rmSync(folder, { recursive: true });
  expect(found).toHaveLength(2);
  expect(found.join()).toMatch(/^log: .*login with .*event: /s);
  expect(found.join()).not.toContain(told);
});
