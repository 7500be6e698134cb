// Makes the engines startable on a bare Debian: installs what is missing when we may (root, and CI or --install), and unpacks a C library
// new enough for MongoDB's engine beside the machine's own, for that process alone; fetches Kafka's jars from Maven Central.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileName, hasArchive, jarFolder, kafka, writeArchive } from './kafka.ts';
import jars from './kafka-jars.json' with { type: 'json' };
import { hasNeededGlibc, runtimeFolder } from './mongodb.ts';
import { redis } from './redis.ts';

/** The first release of Debian whose C library is new enough. */
const release = 'trixie';
const packages = ['libc6', 'libstdc++6', 'libgcc-s1'];

const isRoot = process.getuid?.() === 0;
const sudo = !isRoot && existsSync('/usr/bin/sudo');
const mayInstall = (isRoot || sudo) && (process.env.CI || process.argv.includes('--install'));
const hasApt = existsSync('/usr/bin/apt-get');
const run = (command: string, args: readonly string[], cwd?: string) =>
  execFileSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });

const lacking = [
  ...(redis.missing() ? ['redis-server'] : []),
  ...(/java/i.test(kafka.missing() ?? '') ? ['default-jre-headless'] : []),
];
if (lacking.length > 0 && hasApt && mayInstall) {
  // Without RUNLEVEL the package would start a service of its own.
  const apt = [
    ...(sudo ? ['sudo', '-n'] : []),
    'env',
    'RUNLEVEL=1',
    'DEBIAN_FRONTEND=noninteractive',
    'apt-get',
  ];
  const [command = '', ...words] = apt;
  run(command, [...words, 'update', '-qq']);
  run(command, [...words, 'install', '-y', '-qq', '--no-install-recommends', ...lacking]);
}
if (!hasNeededGlibc() && !existsSync(runtimeFolder) && hasApt) unpackRuntime();
if (!existsSync(jarFolder)) await fetchJars();
if (!kafka.missing() && !hasArchive()) await writeArchive();

for (const engine of [redis, kafka]) {
  const missing = engine.missing();
  if (missing) console.warn(`${engine.name}: ${missing}`);
}

/** Each has to be the one that was meant. */
async function fetchJars(): Promise<void> {
  const repository = 'https://repo.maven.apache.org/maven2';
  const folder = `${jarFolder}.part`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await Promise.all(
    Object.entries(jars).map(async ([path, sha256]) => {
      const response = await fetch(`${repository}/${path}`);
      if (!response.ok) throw new Error(`${repository}/${path} answered ${response.status}`);
      const content = Buffer.from(await response.arrayBuffer());
      if (createHash('sha256').update(content).digest('hex') !== sha256)
        throw new Error(`${path} is another file`);
      writeFileSync(join(folder, fileName(path)), content);
    }),
  );
  renameSync(folder, jarFolder);
}

/** By apt in a folder of its own: the machine's lists and packages stay as they are, and it needs no root. */
function unpackRuntime(): void {
  const folder = `${runtimeFolder}.part`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'apt/lists/partial'), { recursive: true });
  mkdirSync(join(folder, 'apt/cache/archives/partial'), { recursive: true });
  mkdirSync(join(folder, 'root'));
  const sources = join(folder, 'apt/debian.sources');
  writeFileSync(
    sources,
    `Types: deb\nURIs: ${mirror()}\nSuites: ${release}\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n`,
  );
  const settings = [
    `Dir::Etc::sourcelist=${sources}`,
    'Dir::Etc::sourceparts=-',
    `Dir::State::lists=${join(folder, 'apt/lists')}`,
    `Dir::Cache=${join(folder, 'apt/cache')}`,
    'Dir::State::status=/dev/null',
    'Acquire::Languages=none',
    'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false',
    'APT::Sandbox::User=root',
  ].flatMap((setting) => ['-o', setting]);
  run('apt-get', [...settings, 'update']);
  run('apt-get', [...settings, 'download', ...packages], join(folder, 'apt'));
  for (const file of readdirSync(join(folder, 'apt'))) {
    if (file.endsWith('.deb')) run('dpkg', ['-x', join(folder, 'apt', file), join(folder, 'root')]);
  }
  renameSync(join(folder, 'root'), runtimeFolder);
  rmSync(folder, { recursive: true, force: true });
}

/** The Debian mirror that this machine uses. */
function mirror(): string {
  const files = ['/etc/apt/sources.list.d/debian.sources', '/etc/apt/sources.list'].filter((file) =>
    existsSync(file),
  );
  for (const file of files) {
    const [, url] =
      /^(?:URIs:|deb(?: \[[^\]]*\])?)\s+(\S+\/debian\/?)(?:\s|$)/m.exec(readFileSync(file, 'utf8')) ?? [];
    if (url) return url;
  }
  throw new Error('This machine has no Debian mirror to take a newer C library from.');
}
