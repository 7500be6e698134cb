import { newId } from '@gatehouse/data';
import type { Principal } from '@gatehouse/identity';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { NewAuditEntry } from '../src/audit/audit-entry.ts';
import { hashOf } from '../src/audit/audit-entry.ts';
import { removeOldEntries, signCheckpoints } from '../src/audit/sign-checkpoints.ts';
import { inUnitOfWork } from '../src/unit-of-work.ts';
import { anonymous, as, password, startAuth, type TestAuth, until } from './harness.ts';

let auth: TestAuth;
beforeAll(async () => {
  auth = await startAuth({ auditCheckpointEntries: 5, auditCheckpointSeconds: 86_400 });
});
afterAll(() => auth.stop());

const list = `query ($first: Int, $after: String, $filter: AuditFilter) {
  auditLog(first: $first, after: $after, filter: $filter) {
    nodes { position service action result errorCode actorType actorId actor { id } sessionId subjectType subjectId
            subject { id } ipAddress userAgent details previousHash hash }
    pageInfo { hasNextPage endCursor }
  }
}`;
const verification = `query ($after: Int, $checkpoint: String) {
  verifyAuditLog(after: $after, checkpoint: $checkpoint) { intact from to complete brokenAt reason checkpoint } }`;

async function someone(name: string, permissions: string[], tenantId = auth.tenant.id) {
  const subject = await auth.account(name, { permissions, tenantId });
  const host = tenantId === auth.tenant.id ? 'localhost:4000' : 'clinicwave.com';
  const tokens = await auth.login(name, anonymous(host));
  return { subject, tokens, caller: as(await auth.principal(tokens.accessToken)) };
}

const sql = async (text: string, values: unknown[] = []) =>
  (await auth.deps.database.pool.query(text, values)).rows;

const entry = (tenantId: string, n: number): NewAuditEntry => ({
  tenantId,
  service: 'user',
  action: 'assignRole',
  result: 'SUCCESS',
  errorCode: null,
  actorType: 'user',
  actorId: newId(),
  sessionId: null,
  subjectType: 'user',
  subjectId: newId(),
  ipAddress: '192.0.2.9',
  userAgent: null,
  details: {
    n,
    text: 'ünïcode \u2028 "quoted" 1e21',
    big: 1e21,
    small: 0.1,
    nested: { b: 1, a: [null, true] },
  },
});

const append = (tenantId: string, ...numbers: number[]) =>
  inUnitOfWork(auth.services, async (unit) => {
    for (const n of numbers) unit.audit(entry(tenantId, n));
  });

const readerOf = (tenantId: string) =>
  as({
    kind: 'user',
    userId: newId(),
    tenantId,
    sessionId: newId(),
    clientId: 'test',
    roles: [],
    permissions: ['audit:read'],
    amr: [],
    authTime: 0,
    secondFactor: false,
  });

const verify = async (tenantId: string, variables: Record<string, unknown> = {}) => {
  const { data, errors } = await auth.ask(readerOf(tenantId), verification, variables);
  if (errors) throw new Error(JSON.stringify(errors));
  return data.verifyAuditLog;
};

/** Past the triggers, as the owner of the tables can. */
async function forge(text: string, values: unknown[] = []): Promise<void> {
  const client = await auth.deps.database.pool.connect();
  const triggers = async (what: 'disable' | 'enable') => {
    for (const table of ['audit_entry', 'audit_checkpoint']) {
      await client.query(`alter table auth.${table} ${what} trigger user`);
    }
  };
  try {
    await client.query('begin');
    await triggers('disable');
    await client.query(text, values);
    await triggers('enable');
    await client.query('commit');
  } finally {
    client.release();
  }
}

describe('what auth does', () => {
  it('is told with who, on whom, from where and with what result, refusals too', async () => {
    const { subject, tokens, caller } = await someone('ada', ['audit:read', 'clients:write', 'users:read']);
    const wrong = await auth.refusal(
      anonymous(),
      'mutation ($i: LoginInput!) { login(input: $i) { __typename } }',
      { i: { identifier: 'ada', password: 'not the password' } },
    );
    expect(wrong).toBe('INVALID_CREDENTIALS');
    const { data } = await auth.ask(
      caller,
      'mutation { createClient(input: { name: "=cmd()", scopes: ["users:read"] }) { client { id } secret } }',
    );
    const { client, secret } = data.createClient;
    await auth.refusal(caller, 'mutation ($id: ID!) { unlockUser(input: { userId: $id }) { user { id } } }', {
      id: subject.userId,
    });
    await auth.refusal(
      caller,
      'mutation ($i: ChangePasswordInput!) { changePassword(input: $i) { endedSessions } }',
      { i: { currentPassword: 'wrong again', newPassword: 'another good password' } },
    );
    const { nodes } = (await auth.ask(caller, list)).data.auditLog;
    const shown = nodes.map(
      ({ action, result, errorCode, actorType, subjectType }: Record<string, string>) => [
        action,
        result,
        errorCode,
        actorType,
        subjectType,
      ],
    );
    expect(shown).toEqual([
      ['changePassword', 'REFUSED', 'INVALID_CREDENTIALS', 'USER', 'user'],
      ['unlockUser', 'REFUSED', 'FORBIDDEN', 'USER', 'user'],
      ['createClient', 'SUCCESS', null, 'USER', 'client'],
      ['login', 'REFUSED', 'INVALID_CREDENTIALS', 'ANONYMOUS', 'user'],
      ['login', 'SUCCESS', null, 'USER', 'user'],
    ]);
    expect(nodes[2]).toMatchObject({
      service: 'auth',
      actorId: subject.userId,
      actor: { id: subject.userId },
      sessionId: tokens.sessionId,
      subjectId: client.id,
      subject: null,
      ipAddress: '192.0.2.1',
      userAgent: 'test',
      details: { name: '=cmd()' },
    });
    expect(nodes[1]).toMatchObject({ subjectId: subject.userId, actorId: subject.userId });

    const everything = JSON.stringify(await sql('select * from auth.audit_entry'));
    for (const hidden of [secret, password, 'not the password', 'wrong again', 'another good password']) {
      expect(everything).not.toContain(hidden);
    }
    for (const token of Object.values(tokens).filter((value) => String(value).length > 40)) {
      expect(everything).not.toContain(token);
    }
  });

  it('keeps nothing that was only claimed', async () => {
    const { caller } = await someone('mallory', ['users:write']);
    const unlock = 'mutation ($id: ID!) { unlockUser(input: { userId: $id }) { user { id } } }';
    const delete_ = 'mutation ($id: ID!) { deleteClient(input: { clientId: $id }) { clientId } }';
    expect(await auth.refusal(caller, unlock, { id: newId() })).toBe('NOT_FOUND');
    expect(await auth.refusal(caller, delete_, { id: 'my password is hunter2' })).toBe('FORBIDDEN');
    const rows = await sql(
      "select subject_type, subject_id from auth.audit_entry where result = 'REFUSED' and actor_id = $1",
      [(caller.principal as { userId: string }).userId],
    );
    expect(rows).toEqual([
      { subject_type: 'user', subject_id: null },
      { subject_type: 'client', subject_id: null },
    ]);
  });

  it('needs the permission, and shows one tenant', async () => {
    const { caller } = await someone('nobody', []);
    expect(await auth.refusal(caller, list)).toBe('FORBIDDEN');
    expect(await auth.refusal(caller, verification)).toBe('FORBIDDEN');
    expect(await auth.refusal(anonymous(), list)).toBe('UNAUTHENTICATED');
    const other = readerOf(auth.otherTenant.id);
    expect((await auth.ask(other, list)).data.auditLog.nodes).toEqual([]);
    const { principal } = caller;
    const elsewhere = as({
      ...(principal as Principal),
      tenantId: auth.otherTenant.id,
      permissions: ['audit:read'],
    });
    expect((await auth.ask(elsewhere, list)).data.auditLog.nodes).toEqual([]);
  });
});

it('takes what other subgraphs tell, once', async () => {
  const tenantId = newId();
  const id = newId();
  const event = {
    specversion: '1.0',
    id,
    source: '/gatehouse/user',
    type: 'audit.recorded',
    subject: tenantId,
    time: '2026-01-02T03:04:05.678Z',
    datacontenttype: 'application/json',
    tenantid: tenantId,
    data: {
      action: 'assignRole',
      result: 'SUCCESS',
      errorCode: null,
      actor: { type: 'client', id: 'a-program' },
      sessionId: null,
      on: { type: 'user', id: newId() },
      ipAddress: null,
      userAgent: null,
      details: { role: 'admin' },
    },
  } as const;
  await auth.deps.bus.publish([event]);
  await auth.deps.bus.publish([event]);
  await append(tenantId, 1);
  const rows = await until(async () => {
    const found = await sql('select * from auth.audit_entry where tenant_id = $1 order by position', [
      tenantId,
    ]);
    return found.length === 2 && found;
  });
  const told = rows.find(({ service, actor_id }) => service === 'user' && actor_id === 'a-program');
  expect(told).toMatchObject({ action: 'assignRole', actor_type: 'client', details: { role: 'admin' } });
  expect(new Date(told?.occurred_at).toISOString()).toBe(event.time);
  expect((await verify(tenantId)).intact).toBe(true);
});

it('is a gapless chain, however many write at once', async () => {
  const tenantId = newId();
  await Promise.all(Array.from({ length: 50 }, (_, n) => append(tenantId, n, n + 100)));
  const rows = await sql(
    'select position::int, previous_hash, hash from auth.audit_entry where tenant_id = $1 order by position',
    [tenantId],
  );
  expect(rows.map(({ position }) => position)).toEqual(rows.map((_, index) => index + 1));
  expect(rows.slice(1).map(({ previous_hash }) => previous_hash)).toEqual(
    rows.slice(0, -1).map(({ hash }) => hash),
  );
  expect(await verify(tenantId)).toMatchObject({ intact: true, from: 1, to: 100, complete: true });
});

it('is found by actor, subject, action, result, time and text, page by page', async () => {
  const tenantId = newId();
  const wanted = {
    ...entry(tenantId, 1),
    action: 'removeRole',
    result: 'REFUSED' as const,
    errorCode: 'FORBIDDEN',
  };
  await append(tenantId, 2, 3, 4);
  await inUnitOfWork(auth.services, async (unit) => unit.audit({ ...wanted, details: { percent: '100%_' } }));
  await append(tenantId, 5);
  const reader = readerOf(tenantId);
  const found = async (filter: Record<string, unknown>) =>
    (await auth.ask(reader, list, { filter })).data.auditLog.nodes.map(
      ({ position }: { position: number }) => position,
    );
  for (const filter of [
    { actor: wanted.actorId },
    { subject: wanted.subjectId },
    { action: 'removeRole' },
    { result: 'REFUSED' },
    { text: 'forbid' },
    { text: '0%_' },
  ]) {
    expect(await found(filter), JSON.stringify(filter)).toEqual([4]);
  }
  expect(await found({ text: '%%' })).toEqual([]);
  expect(await found({ from: '2020-01-01T00:00:00.000Z', to: '2020-01-02T00:00:00.000Z' })).toEqual([]);
  expect(await auth.refusal(reader, list, { filter: { text: 'x' } })).toBe('BAD_USER_INPUT');
  const first = (await auth.ask(reader, list, { first: 3 })).data.auditLog;
  expect(first.pageInfo.hasNextPage).toBe(true);
  const rest = (await auth.ask(reader, list, { first: 3, after: first.pageInfo.endCursor })).data.auditLog;
  expect([...first.nodes, ...rest.nodes].map(({ position }) => position)).toEqual([5, 4, 3, 2, 1]);
});

describe('whoever has the database', () => {
  let tenantId: string;
  beforeEach(async () => {
    tenantId = newId();
    for (let n = 0; n < 4; n++) await append(tenantId, n, n + 10, n + 20);
    await signCheckpoints(auth.services);
    await append(tenantId, 98, 99);
    expect(await verify(tenantId)).toMatchObject({ intact: true, to: 14 });
  });

  const rowsFrom = (position: number) =>
    sql('select * from auth.audit_entry where tenant_id = $1 and position >= $2 order by position', [
      tenantId,
      position,
    ]);

  /** Everything that can be had without AUTH_SECRET: contents, links and hashes that fit. */
  async function rewriteFrom(position: number, change: Record<string, unknown>) {
    const rows = await rowsFrom(position);
    let previousHash = rows[0]?.previous_hash;
    for (const row of rows) {
      const told = row.position === String(position) ? change : {};
      const next = {
        tenantId,
        position: Number(row.position),
        id: row.id,
        occurredAt: new Date(row.occurred_at),
        service: row.service,
        action: row.action,
        result: row.result,
        errorCode: row.error_code,
        actorType: row.actor_type,
        actorId: row.actor_id,
        sessionId: row.session_id,
        subjectType: row.subject_type,
        subjectId: row.subject_id,
        ipAddress: row.ip_address,
        userAgent: row.user_agent,
        details: row.details,
        previousHash,
        ...told,
      };
      const hash = hashOf(next);
      await forge(
        'update auth.audit_entry set actor_id = $3, previous_hash = $4, hash = $5 where tenant_id = $1 and position = $2',
        [tenantId, row.position, next.actorId, previousHash, hash],
      );
      previousHash = hash;
    }
    await forge('update auth.audit_head set hash = $2 where tenant_id = $1', [tenantId, previousHash]);
  }

  it.each([
    ['update auth.audit_entry set action = $2 where tenant_id = $1', ['x']],
    ['delete from auth.audit_entry where tenant_id = $1', []],
    ['truncate auth.audit_entry', null],
    ['update auth.audit_checkpoint set hash = $2 where tenant_id = $1', ['x']],
    ['delete from auth.audit_checkpoint where tenant_id = $1', []],
  ])('is refused: %s', async (text, values) => {
    await expect(sql(text, values ? [tenantId, ...values] : [])).rejects.toThrow('append-only');
  });

  it('is found out: an entry altered', async () => {
    await forge(
      "update auth.audit_entry set subject_id = 'somebody else' where tenant_id = $1 and position = 4",
      [tenantId],
    );
    expect(await verify(tenantId)).toMatchObject({
      intact: false,
      to: 3,
      brokenAt: 4,
      reason: 'ALTERED',
      checkpoint: null,
    });
    expect(await verify(tenantId, { after: 4 })).toMatchObject({ intact: false, brokenAt: 4 });
    expect(await verify(tenantId, { after: 5 })).toMatchObject({ intact: true });
  });

  it.each([1, 7])('is found out: entry %i removed', async (position) => {
    await forge('delete from auth.audit_entry where tenant_id = $1 and position = $2', [tenantId, position]);
    expect(await verify(tenantId)).toMatchObject({ intact: false, brokenAt: position, reason: 'MISSING' });
  });

  it('is found out: entries in another order', async () => {
    await forge(
      `update auth.audit_entry set position = case position when 5 then 6000 else 5 end where tenant_id = $1 and position in (5, 6)`.replace(
        '6000',
        '6 + 1000',
      ),
      [tenantId],
    );
    await forge('update auth.audit_entry set position = 6 where tenant_id = $1 and position = 1006', [
      tenantId,
    ]);
    expect(await verify(tenantId)).toMatchObject({ intact: false, brokenAt: 5, reason: 'ALTERED' });
  });

  it('is found out: an entry altered, and every hash after it made to fit', async () => {
    await rewriteFrom(6, { actorId: 'somebody else' });
    expect(await verify(tenantId)).toMatchObject({ intact: false, brokenAt: 6, reason: 'UNSEALED' });
  });

  it('is found out: an entry appended with a hash that fits', async () => {
    const [last] = await rowsFrom(14);
    const id = newId();
    const occurredAt = new Date('2026-01-01T00:00:00.000Z');
    const made = {
      ...entry(tenantId, 0),
      id,
      position: 15,
      occurredAt,
      details: {},
      previousHash: last?.hash,
    };
    await forge(
      `insert into auth.audit_entry (tenant_id, position, id, occurred_at, service, action, result, actor_type, actor_id,
         subject_type, subject_id, ip_address, details, previous_hash, hash, seal)
       values ($1, 15, $2, $3, 'user', 'assignRole', 'SUCCESS', 'user', $4, 'user', $5, $6, '{}', $7, $8, $9)`,
      [
        tenantId,
        id,
        occurredAt,
        made.actorId,
        made.subjectId,
        made.ipAddress,
        made.previousHash,
        hashOf(made),
        last?.seal,
      ],
    );
    await forge('update auth.audit_head set position = 15, hash = $2 where tenant_id = $1', [
      tenantId,
      hashOf(made),
    ]);
    expect(await verify(tenantId)).toMatchObject({ intact: false, to: 14, brokenAt: 15, reason: 'UNSEALED' });
  });

  it('is found out: the end cut off, by the checkpoint in the database and by one kept elsewhere', async () => {
    const { checkpoint } = await verify(tenantId);
    const cutTo = async (position: number) => {
      await forge('delete from auth.audit_entry where tenant_id = $1 and position > $2', [
        tenantId,
        position,
      ]);
      const [last] = await rowsFrom(position);
      await forge('update auth.audit_head set position = $2, hash = $3 where tenant_id = $1', [
        tenantId,
        position,
        last?.hash,
      ]);
    };
    await cutTo(13);
    expect(await verify(tenantId)).toMatchObject({ intact: true, to: 13 });
    expect(await verify(tenantId, { checkpoint })).toMatchObject({
      intact: false,
      brokenAt: 14,
      reason: 'MISSING',
    });
    await cutTo(10);
    expect(await verify(tenantId)).toMatchObject({ intact: false, brokenAt: 11, reason: 'MISSING' });
  });

  it('is found out: a checkpoint of their own, or none of the log', async () => {
    const { checkpoint } = await verify(tenantId);
    const [signed] = await sql(
      'select position from auth.audit_checkpoint where tenant_id = $1 order by position',
      [tenantId],
    );
    await forge("update auth.audit_checkpoint set hash = repeat('0', 64) where tenant_id = $1", [tenantId]);
    expect(await verify(tenantId)).toMatchObject({
      intact: false,
      brokenAt: Number(signed?.position),
      reason: 'CHECKPOINT',
    });
    const reader = readerOf(newId());
    expect(await auth.refusal(reader, verification, { checkpoint })).toBe('BAD_USER_INPUT');
    expect(await auth.refusal(reader, verification, { checkpoint: `${checkpoint.slice(0, -4)}AAAA` })).toBe(
      'BAD_USER_INPUT',
    );
  });

  it('is found out: the beginning removed with a start that nobody signed', async () => {
    const [fifth] = await rowsFrom(5);
    const [signed] = await sql('select * from auth.audit_checkpoint where tenant_id = $1', [tenantId]);
    await forge('insert into auth.audit_start values ($1, 5, $2, $3)', [tenantId, fifth?.hash, signed?.jws]);
    await sql('delete from auth.audit_entry where tenant_id = $1 and position <= 5', [tenantId]);
    expect(await verify(tenantId)).toMatchObject({ intact: false, brokenAt: 5, reason: 'CHECKPOINT' });
  });
});

it('goes on where a part of the verification ended', async () => {
  const tenantId = newId();
  await append(tenantId, ...Array.from({ length: 700 }, (_, n) => n));
  await append(tenantId, 1);
  expect(await verify(tenantId, { after: 650 })).toMatchObject({
    intact: true,
    from: 651,
    to: 701,
    complete: true,
  });
  expect(await auth.refusal(readerOf(tenantId), verification, { after: 9_999 })).toBe('BAD_USER_INPUT');
  expect(await verify(newId())).toEqual({
    intact: true,
    from: 1,
    to: 0,
    complete: true,
    brokenAt: null,
    reason: null,
    checkpoint: null,
  });
});

it('signs checkpoints that are no tokens, and no token is a checkpoint', async () => {
  const { tokens } = await someone('tess', ['audit:read']);
  const { checkpoint } = await verify(auth.tenant.id);
  expect(decodeProtectedHeader(checkpoint)).toMatchObject({ alg: 'EdDSA', typ: 'audit-checkpoint+jws' });
  await expect(jwtVerify(checkpoint, new Uint8Array(32))).rejects.toThrow();
  expect(await auth.refusal(readerOf(auth.tenant.id), verification, { checkpoint: tokens.idToken })).toBe(
    'BAD_USER_INPUT',
  );
});

it('lets old entries go up to a checkpoint, and what follows still verifies', async () => {
  const tenantId = newId();
  await append(tenantId, 1, 2, 3, 4, 5, 6);
  await signCheckpoints(auth.services);
  await append(tenantId, 7, 8);
  const kept = (await verify(tenantId)).checkpoint;
  // A checkpoint signed long ago; its own statement of the time is not what counts here.
  await forge(
    "update auth.audit_checkpoint set signed_at = now() - interval '40 days' where tenant_id = $1",
    [tenantId],
  );
  const services = { ...auth.services, config: { ...auth.services.config, auditDays: 30 } };
  await removeOldEntries(services);
  await removeOldEntries(services);
  const rows = await sql(
    'select position::int from auth.audit_entry where tenant_id = $1 order by position',
    [tenantId],
  );
  expect(rows.map(({ position }) => position)).toEqual([7, 8]);
  expect(await verify(tenantId, { checkpoint: kept })).toMatchObject({
    intact: true,
    from: 7,
    to: 8,
    complete: true,
  });
  await append(tenantId, 9);
  expect(await verify(tenantId)).toMatchObject({ intact: true, from: 7, to: 9 });
});
