import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createServer, type Server } from 'node:tls';
import { engineUrl, silentLogger } from '@gatehouse/testkit';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openMongoBlobStore } from '../src/mongodb/index.ts';

const engine = engineUrl('mongodb');
const folder = mkdtempSync(path.join(tmpdir(), 'gatehouse-mongodb-tls-'));
const file = (name: string) => path.join(folder, name);

/** A key and a certificate of its own authority. */
function makeCertificate(name: string): { key: string; cert: string } {
  const [key, certificate] = [file(`${name}.key`), file(`${name}.pem`)];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const fresh = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2'];
  execFileSync('openssl', ['req', ...fresh, ...subject, '-keyout', key, '-out', certificate], {
    stdio: 'pipe',
  });
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(certificate, 'utf8') };
}

/** The engine speaks no TLS: this does, in front of it, with clients that show the certificate. */
describe.skipIf(!engine)('MongoDB over TLS', () => {
  let front: Server;
  beforeAll(async () => {
    const [server, client] = [makeCertificate('server'), makeCertificate('client')];
    execFileSync('sh', ['-c', 'cat client.key client.pem > client-both.pem'], { cwd: folder });
    const { hostname, port } = new URL(engine ?? '');
    const demanded = { requestCert: true, rejectUnauthorized: true, ca: client.cert };
    front = createServer({ ...server, ...demanded }, (outside) => {
      const inside = connect(Number(port), hostname);
      for (const end of [outside, inside]) end.on('error', () => {});
      outside.pipe(inside).pipe(outside);
    });
    await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    front?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const use = async (host: string, options: Record<string, string>) => {
    const query = new URLSearchParams({ directConnection: 'true', tls: 'true', ...options });
    const { port } = front.address() as AddressInfo;
    const name = `test_${randomBytes(6).toString('hex')}`;
    const url = `mongodb://${host}:${port}/${name}?${query}`;
    const store = openMongoBlobStore({ url, logger: silentLogger });
    onTestFinished(() => store.close());
    const bytes = randomBytes(300_000);
    await store.write('kept', Readable.from([bytes]), { maxBytes: 1e6 });
    expect((await buffer(await store.read('kept'))).equals(bytes)).toBe(true);
    await store.delete('kept');
  };
  const known = { tlsCAFile: file('server.pem'), tlsCertificateKeyFile: file('client-both.pem') };

  it('is used with an authority of its own, and a certificate that is asked for', async () => {
    await use('localhost', known);
  });

  it('is not used by another name, without its authority, nor without the certificate', async () => {
    const { tlsCAFile, tlsCertificateKeyFile } = known;
    const lost = { code: 'UNAVAILABLE' };
    await Promise.all([
      expect(use('127.0.0.1', known)).rejects.toMatchObject(lost),
      expect(use('localhost', { tlsCertificateKeyFile })).rejects.toMatchObject(lost),
      expect(use('localhost', { tlsCAFile })).rejects.toMatchObject(lost),
    ]);
  });
});
