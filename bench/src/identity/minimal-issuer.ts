import cluster from 'node:cluster';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createMetrics } from '@gatehouse/service-kit';
import { exportJWK, generateKeyPair, importJWK, type JWK, type JWTPayload, SignJWT } from 'jose';
import pg from 'pg';
import { openPasswords } from '../../../subgraphs/auth/src/passwords/passwords.ts';
import { passwordSettings } from './password-settings.ts';

/*
 * The floor: the least that could answer refresh, client credentials, introspection and login on PostgreSQL, written by hand on
 * node:http, pg and jose. It knows one tenant, one client and one scope, asks nobody whether the account still stands, logs
 * nothing, raises no event and tells no gateway of anything.
 */
const pool = new pg.Pool({ connectionString: process.env.BENCH_DATABASE_URL, max: 10 });
// PostgreSQL stops before we do.
pool.on('error', () => {});
const passwords = openPasswords(passwordSettings, createMetrics());
const sha256 = (text: string) => createHash('sha256').update(text).digest('base64url');

type Known = {
  key: JWK;
  client: { id: string; secret: string };
  account: { id: string; email: string; password: string };
};

/** What all its processes share. */
async function setUp(): Promise<Known> {
  await pool.query(`create schema if not exists minimal;
    create table if not exists minimal.client (id text primary key, secret text not null);
    create table if not exists minimal.account (id uuid primary key, email text unique not null, password text not null);
    create table if not exists minimal.token (id text primary key, account_id uuid, session uuid, expires_at timestamptz not null,
      consumed_at timestamptz) with (fillfactor = 80)`);
  const client = { id: 'bench', secret: randomBytes(24).toString('base64url') };
  const password = 'correct horse of the floor';
  const account = { id: randomUUID(), email: `${randomUUID()}@example.com`, password };
  await pool.query(
    'insert into minimal.client values ($1, $2) on conflict (id) do update set secret = excluded.secret',
    [client.id, sha256(client.secret)],
  );
  await pool.query('insert into minimal.account values ($1, $2, $3)', [
    account.id,
    account.email,
    await passwords.hash(password),
  ]);
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  return { key: await exportJWK(privateKey), client, account };
}

const { key, client, account }: Known = process.env.BENCH_KNOWN
  ? JSON.parse(process.env.BENCH_KNOWN)
  : await setUp();
const privateKey = await importJWK(key, 'ES256');
const kid = String(key.x).slice(0, 10);

const sign = (typ: string, claims: JWTPayload) =>
  new SignJWT(claims)
    .setProtectedHeader({ alg: 'ES256', typ, kid })
    .setIssuedAt()
    .setIssuer('http://minimal')
    .setExpirationTime('10m')
    .sign(privateKey);

async function tokensFor(accountId: string, session: string, refreshToken: string) {
  return {
    access_token: await sign('at+jwt', {
      sub: accountId,
      sid: session,
      jti: randomUUID(),
      client_id: client.id,
    }),
    id_token: await sign('JWT', { sub: accountId, sid: session, aud: client.id }),
    refresh_token: refreshToken,
    token_type: 'Bearer',
    expires_in: 600,
  };
}

const prepared = (name: string, text: string) => (values: unknown[]) => pool.query({ name, text, values });
const rotate = prepared(
  'rotate',
  `with used as (update minimal.token set consumed_at = now()
     where id = $1 and consumed_at is null and expires_at > now() returning account_id, session)
   insert into minimal.token select $2, account_id, session, now() + interval '30 days' from used returning account_id, session`,
);
const store = prepared(
  'store',
  "insert into minimal.token values ($1, $2, $3, now() + interval '10 minutes')",
);
const find = prepared(
  'find',
  'select account_id, expires_at from minimal.token where id = $1 and expires_at > now()',
);
const secretOf = prepared('secret', 'select secret from minimal.client where id = $1');
const accountOf = prepared('account', 'select id, password from minimal.account where email = $1');

async function isClient(request: IncomingMessage): Promise<boolean> {
  const [id = '', secret = ''] = Buffer.from(request.headers.authorization?.slice(6) ?? '', 'base64')
    .toString()
    .split(':');
  const { rows } = await secretOf([id]);
  return rows[0]?.secret === sha256(secret);
}

async function answer(request: IncomingMessage, body: string): Promise<object> {
  if (request.url === '/login') {
    const { identifier, password } = JSON.parse(body);
    const { rows } = await accountOf([identifier]);
    if (!(await passwords.compare(password, rows[0]?.password))) throw new Error('refused');
    const [refreshToken, session] = [randomBytes(32).toString('base64url'), randomUUID()];
    await store([sha256(refreshToken), rows[0].id, session]);
    return tokensFor(rows[0].id, session, refreshToken);
  }
  const form = new URLSearchParams(body);
  if (request.url === '/introspect') {
    if (!(await isClient(request))) throw new Error('refused');
    const { rows } = await find([sha256(form.get('token') ?? '')]);
    return rows[0] ? { active: true, client_id: client.id, exp: rows[0].expires_at } : { active: false };
  }
  if (form.get('grant_type') === 'client_credentials') {
    if (!(await isClient(request))) throw new Error('refused');
    const token = await sign('at+jwt', {
      sub: client.id,
      client_id: client.id,
      jti: randomUUID(),
      scope: 'users:read',
    });
    await store([sha256(token), null, null]);
    return { access_token: token, token_type: 'Bearer', expires_in: 600, scope: 'users:read' };
  }
  const next = randomBytes(32).toString('base64url');
  const { rows } = await rotate([sha256(form.get('refresh_token') ?? ''), sha256(next)]);
  if (!rows[0]) throw new Error('refused');
  return tokensFor(rows[0].account_id, rows[0].session, next);
}

const server = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk) => {
    body += chunk;
  });
  request.on('end', () =>
    answer(request, body).then(
      (value) => {
        const text = JSON.stringify(value);
        response
          .writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
          .end(text);
      },
      () => response.writeHead(400).end(),
    ),
  );
});

const processes = Number(process.env.BENCH_PROCESSES ?? 1);
if (cluster.isPrimary && processes > 1) {
  const workers = Array.from({ length: processes }, () =>
    cluster.fork({ BENCH_KNOWN: JSON.stringify({ key, client, account }) }),
  );
  const ports = await Promise.all(
    workers.map(
      (worker) => new Promise<number>((done) => worker.once('listening', ({ port }) => done(port))),
    ),
  );
  const pids = [process.pid, ...workers.flatMap((worker) => worker.process.pid ?? [])];
  process.send?.({ port: ports[0], pids, client, account });
} else {
  server.listen(0, '127.0.0.1', () => {
    if (!cluster.isPrimary) return;
    const { port } = server.address() as AddressInfo;
    process.send?.({ port, pids: [process.pid], client, account });
  });
}
process.on('disconnect', () => process.exit(0));
