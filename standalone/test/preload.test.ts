import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/** What a process finds that was started as `npm start` starts one. */
const found = `
  const { createRequire, getCompileCacheDir } = await import('node:module');
  const asModule = await import('drizzle-orm/pg-core');
  const asRequired = createRequire('${import.meta.filename}')('drizzle-orm/pg-core');
  console.log(JSON.stringify({ cache: getCompileCacheDir(), isOneCopy: asModule.text === asRequired.text }));
`;

test('code is kept between starts, and Drizzle is loaded once, as CommonJS', async () => {
  const flags = ['--import=@gatehouse/service-kit/preload', '--input-type=module', '--eval', found];
  const { NODE_COMPILE_CACHE: _, ...env } = process.env;
  const { stdout } = await promisify(execFile)(process.execPath, flags, { cwd: import.meta.dirname, env });
  const { cache, isOneCopy } = JSON.parse(stdout) as { cache: string; isOneCopy: boolean };
  expect(cache).toContain('node_modules/.cache/compile');
  expect(isOneCopy).toBe(true);
});
