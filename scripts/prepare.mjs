// Runs before every npm script, on whatever Node the machine has: installs when node_modules is missing or older than the
// lockfile, and so for each folder named. The scripts then run on the Node that is a dependency of this project.
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
// npm ci replaces node_modules, so it must not run on the Node that lies in there.
const path = (process.env.PATH ?? '').split(delimiter).filter((entry) => !entry.includes('node_modules'));

function install(folder, what) {
  const installed = modified(join(folder, 'node_modules/.package-lock.json'));
  if (installed > 0 && installed >= modified(join(folder, 'package-lock.json'))) return;
  console.log(installed === 0 ? `Installing ${what} (first start only) …` : `Installing changed ${what} …`);
  const { status, error } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
    env: { ...process.env, PATH: path.join(delimiter), npm_config_loglevel: 'error' },
  });
  if (status === 0) return;
  console.error(`npm ci failed${error ? `: ${error.message}` : '.'}`);
  process.exit(1);
}

install(root, 'dependencies');
// Folders with an install of their own, which what is asked for needs besides.
for (const folder of process.argv.slice(2)) install(join(root, folder), `what ${folder} needs`);
