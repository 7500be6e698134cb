import { request as httpRequest } from 'node:http';
import { newId } from '@gatehouse/data';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { hashOf, statementOf, type UnsealedEntry } from '../src/audit/audit-entry.ts';
import { inUnitOfWork } from '../src/unit-of-work.ts';
import { anonymous, as, startAuth, type TestAuth } from './harness.ts';

let auth: TestAuth;
let reader: ReturnType<typeof as>;
let readerId: string;
beforeAll(async () => {
  auth = await startAuth();
  const subject = await auth.account('reader', { permissions: ['audit:read'] });
  readerId = subject.userId;
  reader = as(await auth.principal((await auth.login('reader')).accessToken));
});
afterAll(() => auth.stop());

const mutation = 'mutation ($i: ExportAuditLogInput!) { exportAuditLog(input: $i) { url expiresAt } }';

async function urlOf(
  format: 'JSONL' | 'CSV',
  filter: Record<string, unknown> | null = null,
): Promise<string> {
  const { data, errors } = await auth.ask(reader, mutation, { i: { format, filter } });
  if (errors) throw new Error(JSON.stringify(errors));
  return data.exportAuditLog.url;
}

/** As the gateway would lead it here. */
const here = (url: string) => `${auth.base}${new URL(url).pathname}`;

const append = (userAgent: string, count = 1) =>
  inUnitOfWork(auth.services, async (unit) => {
    for (let n = 0; n < count; n++) {
      unit.audit({
        tenantId: auth.tenant.id,
        service: 'user',
        action: 'assignRole',
        result: 'SUCCESS',
        errorCode: null,
        actorType: 'user',
        actorId: newId(),
        sessionId: null,
        subjectType: 'role',
        subjectId: '=HYPERLINK("http://evil.example","x")',
        ipAddress: null,
        userAgent,
        details: { n },
      });
    }
  });

it('gives every entry as a line whose hash anybody can compute', async () => {
  await append('curl', 3);
  const url = await urlOf('JSONL');
  expect(url).toMatch(/^http:\/\/localhost:4000\/audit\/exports\//);
  const response = await fetch(here(url));
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('application/jsonl; charset=utf-8');
  expect(response.headers.get('content-disposition')).toBe('attachment; filename="audit-log.jsonl"');
  const lines = (await response.text())
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.length).toBeGreaterThanOrEqual(4);
  lines.forEach(({ hash, ...statement }, index) => {
    const entry = { ...statement, occurredAt: new Date(statement.occurredAt) } as UnsealedEntry;
    expect(statement).toEqual(statementOf(entry));
    expect(hashOf(entry)).toBe(hash);
    expect(statement.position).toBe(index + 1);
    if (index > 0) expect(statement.previousHash).toBe(lines[index - 1].hash);
  });
});

it('gives a CSV in which no cell is a formula', async () => {
  for (const start of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1']) await append(start);
  await append('quoted "text", with\nlines');
  const response = await fetch(here(await urlOf('CSV', { action: 'assignRole' })));
  expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8');
  const text = await response.text();
  const [header] = text.split('\r\n');
  expect(header).toMatch(/^"position","id","occurredAt",.*,"hash"$/);
  // Cells, quoted or not.
  const cells = text.match(/(?<=^|,)("(?:[^"]|"")*"|[^,\r\n]*)/gm) ?? [];
  const values = cells.map((cell) => (cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell));
  expect(values.filter((value) => /^[=+\-@\t\r]/.test(value))).toEqual([]);
  for (const kept of ["'=1+1", "'+1", "'-1", "'@SUM(A1)", `'=HYPERLINK("http://evil.example","x")`]) {
    expect(values).toContain(kept);
  }
  expect(values).toContain('quoted "text", with\nlines');
});

it('needs the permission, and is itself told of', async () => {
  const nobody = await auth.account('nobody');
  const caller = as(await auth.principal((await auth.login('nobody')).accessToken));
  expect(await auth.refusal(caller, mutation, { i: { format: 'CSV' } })).toBe('FORBIDDEN');
  expect(await auth.refusal(anonymous(), mutation, { i: { format: 'CSV' } })).toBe('UNAUTHENTICATED');
  await fetch(here(await urlOf('CSV', { text: 'a secret that somebody looks for', actor: readerId })));
  const { rows } = await auth.deps.database.pool.query(
    'select action, result, actor_id, ip_address, details from auth.audit_entry order by position desc limit 3',
  );
  expect(rows.reverse()).toMatchObject([
    { action: 'exportAuditLog', result: 'REFUSED', actor_id: nobody.userId },
    { action: 'exportAuditLog', result: 'SUCCESS', actor_id: readerId, details: { filter: { text: true } } },
    { action: 'downloadAuditLog', result: 'SUCCESS', actor_id: readerId, ip_address: '192.0.2.1' },
  ]);
});

it('gives only what was asked for: the tenant, the filter and the moment are in the URL and can not be changed', async () => {
  const url = await urlOf('JSONL', { actor: readerId });
  await auth.login('reader');
  const lines = (await (await fetch(here(url))).text())
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(new Set(lines.map(({ actorId }) => actorId))).toEqual(new Set([readerId]));
  expect((await (await fetch(here(url))).text()).trimEnd().split('\n')).toHaveLength(lines.length);
  const token = new URL(url).pathname.split('/').at(-1) ?? '';
  expect(Buffer.from(token, 'base64url').toString()).not.toContain(readerId);

  const refused = async (path: string, init?: RequestInit) => {
    const response = await fetch(`${auth.base}${path}`, init);
    const { errors } = (await response.json()) as { errors: { extensions: { code: string } }[] };
    return [response.status, errors[0]?.extensions.code];
  };
  const parts = token.split('.');
  parts[3] = `${parts[3]?.slice(0, -2)}AA`;
  expect(await refused(`/audit/exports/${parts.join('.')}`)).toEqual([403, 'FORBIDDEN']);
  expect(await refused('/audit/exports/x')).toEqual([403, 'FORBIDDEN']);
  expect(await refused('/audit/exports/')).toEqual([404, 'NOT_FOUND']);
  expect(await refused('/audit')).toEqual([404, 'NOT_FOUND']);
  expect(await refused(new URL(url).pathname, { method: 'POST' })).toEqual([405, 'METHOD_NOT_ALLOWED']);
});

it('holds for five minutes', async () => {
  const url = await urlOf('CSV');
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 301_000 });
  try {
    expect((await fetch(here(url))).status).toBe(403);
  } finally {
    vi.useRealTimers();
  }
});

it('sends as much as its reader takes, and no more of it is in memory', async () => {
  for (let n = 0; n < 10; n++) await append('x'.repeat(400), 2_000);
  const url = await urlOf('JSONL');
  let reads = 0;
  const { db } = auth.deps.database;
  const { select } = db;
  db.select = ((...args: Parameters<typeof select>) => {
    reads++;
    return select.apply(db, args);
  }) as typeof select;
  try {
    const response = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
      httpRequest(here(url), resolve).on('error', reject).end();
    });
    response.pause();
    await new Promise((resolve) => setTimeout(resolve, 500));
    // 20,000 entries are some 20 MB; what fits into buffers on the way is a fraction of it.
    expect(reads).toBeLessThan(25);
    let length = 0;
    for await (const chunk of response) length += chunk.length;
    expect(length).toBeGreaterThan(10_000_000);
    expect(reads).toBeGreaterThanOrEqual(40);
  } finally {
    db.select = select;
  }
});

it('finds what is far apart, a stretch of the log with each statement', async () => {
  await append('rare, before');
  const { pool } = auth.deps.database;
  await pool.query(
    `with added as (
       insert into auth.audit_entry (tenant_id, position, id, occurred_at, service, action, result, actor_type, details,
         previous_hash, hash, seal)
       select tenant_id, position + n, gen_random_uuid(), now(), 'user', 'other', 'SUCCESS', 'system', '{}', '', '', ''
       from auth.audit_head, generate_series(1, 41000) n where tenant_id = $1 returning position)
     update auth.audit_head set position = (select max(position) from added) where tenant_id = $1`,
    [auth.tenant.id],
  );
  await append('rare, after');
  const file = await (await fetch(here(await urlOf('JSONL', { text: 'rare, ' })))).text();
  const lines = file.trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line).userAgent)).toEqual(['rare, before', 'rare, after']);
});
