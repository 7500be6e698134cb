import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { engineUrl } from '@gatehouse/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../../../e2e/topology/free-ports.ts';
import type { RunningEngine } from '../../../scripts/engines/index.ts';
import { startRedis } from '../../../scripts/engines/redis.ts';

const acl = 'ada on >sec@ret ~gatehouse:* &gatehouse:* +@all -@admin -@dangerous +info';
let folder: string;
let server: RunningEngine;
let port: number;

describe.skipIf(!engineUrl('redis'))('Redis over TLS, by a user of its own', () => {
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'gatehouse-redis-tls-'));
    const [key, certificate] = [path.join(folder, 'key.pem'), path.join(folder, 'certificate.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    const fresh = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2'];
    execFileSync('openssl', ['req', ...fresh, ...subject, '-keyout', key, '-out', certificate], {
      stdio: 'pipe',
    });
    port = await freePorts(1);
    const tls = ['--tls-cert-file', certificate, '--tls-key-file', key, '--tls-ca-cert-file', certificate];
    const clients = ['--tls-auth-clients', 'no', '--user', ...acl.split(' ')];
    server = await startRedis(['--tls-port', String(port), ...tls, ...clients]);
  });
  afterAll(async () => {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const use = async (password: string, env: Record<string, string>) => {
    const url = `rediss://ada:${encodeURIComponent(password)}@localhost:${port}`;
    const script = path.join(import.meta.dirname, 'use-redis.ts');
    const { PATH = '' } = process.env;
    const run = await promisify(execFile)(process.execPath, [script, url], { env: { PATH, ...env } });
    return run.stdout;
  };
  const trusting = () => ({ NODE_EXTRA_CA_CERTS: path.join(folder, 'certificate.pem') });

  it('works with an authority that the process was told of', async () => {
    expect(await use('sec@ret', trusting())).toBe('{"heard":true} well');
  });

  it('does without one that it does not know, and is refused with a wrong password', async () => {
    expect(await use('sec@ret', {})).toBe('no connection');
    expect(await use('wrong', trusting())).toMatch(/can't be used: WRONGPASS/);
  });
});
