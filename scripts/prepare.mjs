// Runs before every npm script, on whatever Node the machine has: installs when node_modules is missing or older than the
// lockfile. The scripts then run on the Node that is a dependency of this project.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const root = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');
const [major] = process.versions.node.split('.').map(Number);
if (major < 20) {
  console.error(`Gatehouse needs Node 20 or newer to install itself; this is Node ${process.versions.node}.`);
  process.exit(1);
}

const modified = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);
const installed = modified(join(root, 'node_modules/.package-lock.json'));

if (installed === 0 || installed < modified(join(root, 'package-lock.json'))) {
  console.log(
    installed === 0 ? 'Installing dependencies (first start only) …' : 'Installing changed dependencies …',
  );
  // npm ci replaces node_modules, so it must not run on the Node that lies in there.
  const path = (process.env.PATH ?? '').split(delimiter).filter((entry) => !entry.includes('node_modules'));
  const { status, error } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
    env: { ...process.env, PATH: path.join(delimiter), npm_config_loglevel: 'error' },
  });
  if (status !== 0) {
    console.error(`npm ci failed${error ? `: ${error.message}` : '.'}`);
    process.exit(1);
  }
}
