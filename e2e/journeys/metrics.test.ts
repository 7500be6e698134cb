import { readFileSync } from 'node:fs';
import { readMetrics } from '@gatehouse/testkit';
import { newContent, newPassword, uploadDocument } from '@gatehouse/testkit/clients';
import { startIdentityProvider } from '@gatehouse/testkit/providers';
import { describe, expect, test } from 'vitest';
import { addOpenid } from '../federation.ts';
import {
  administrator,
  anyone,
  eventually,
  gatehouse,
  mailbox,
  registerAndConfirm,
  signIn,
} from '../gatehouse.ts';
import { scrape } from '../metrics.ts';

/** Waits until so much more of it was counted. Other tests run at the same time: it may be more. */
const counting = async () => {
  const before = await scrape();
  return (name: string, labels: Record<string, string>, atLeast = 1) =>
    eventually(async () => {
      const more = (await scrape()).sum(name, labels) - before.sum(name, labels);
      expect(more, `${name} ${JSON.stringify(labels)}`).toBeGreaterThanOrEqual(atLeast);
    });
};

const securityEvents = 'gatehouse_auth_security_events_total';
const operations = 'gatehouse_gateway_operations_total';
const durations = 'gatehouse_gateway_operation_duration_seconds_count';

describe('what people do is counted', () => {
  test('registration, sign-ins, failed ones, resets and refreshes', async () => {
    const counted = await counting();
    const ada = await registerAndConfirm();
    await signIn(ada);
    await expect(signIn({ ...ada, password: newPassword() })).rejects.toThrow('INVALID_CREDENTIALS');
    await anyone.ask(
      'mutation ($input: RequestPasswordResetInput!) { requestPasswordReset(input: $input) { email } }',
      { input: { email: ada.email } },
    );
    await mailbox.waitForMail({ to: ada.email, count: 2 });
    await anyone.ask(
      'mutation ($input: RefreshTokenInput!) { refreshToken(input: $input) { accessToken } }',
      { input: { refreshToken: ada.tokens.refreshToken } },
    );

    await counted('gatehouse_events_published_total', { type: 'user.created' });
    await counted('gatehouse_event_deliveries_total', { group: 'auth.registered', outcome: 'handled' });
    await counted(securityEvents, { type: 'REGISTRATION_CONFIRMED' });
    await counted(securityEvents, { type: 'LOGIN_SUCCEEDED' }, 2);
    await counted(securityEvents, { type: 'LOGIN_FAILED' });
    await counted(securityEvents, { type: 'PASSWORD_RESET_REQUESTED' });
    await counted('gatehouse_auth_token_requests_total', { grant: 'session', outcome: 'ok' }, 2);
    await counted('gatehouse_auth_token_requests_total', { grant: 'refresh_token', outcome: 'ok' });
    await counted('gatehouse_auth_password_duration_seconds_count', { task: 'compare' }, 2);
    await counted('gatehouse_notification_attempts_total', { channel: 'email', outcome: 'sent' }, 2);
    await counted(operations, { kind: 'mutation', outcome: 'OK' }, 5);
    await counted(operations, { kind: 'mutation', outcome: 'INVALID_CREDENTIALS' });
    await counted(durations, { kind: 'mutation', field: 'login' }, 2);
  });

  test('queries, by what they ask for and where their token was known', async () => {
    const ada = await registerAndConfirm();
    const counted = await counting();
    for (let index = 0; index < 5; index++) await ada.client.ask('{ session { id } }');
    await ada.client.ask(
      '{ me { email sessions(first: 1) { nodes { id } } documents(first: 1) { nodes { id } } } }',
    );
    expect(await anyone.refusal('{ session { id } }')).toBe('UNAUTHENTICATED');
    expect(await anyone.as('invented').refusal('{ session { id } }')).toBe('UNAUTHENTICATED');

    await counted(durations, { kind: 'query', field: 'session' }, 5);
    await counted(durations, { kind: 'query', field: 'me' });
    await counted('gatehouse_gateway_token_checks_total', { answered_by: 'process' }, 5);
    await counted('gatehouse_gateway_tokens_refused_total', {});
    await counted('gatehouse_gateway_executions_total', { by: 'compiled' }, 6);
    await counted(operations, { kind: 'none', outcome: 'UNAUTHENTICATED' });
    for (const subgraph of ['user', 'auth', 'storage'])
      await counted('gatehouse_subgraph_requests_total', { subgraph, way: 'fetch' });
  });

  test('identity providers of all tenants, by kind: which answer, which do not, and how long they take', async () => {
    const [well, gone] = await Promise.all([startIdentityProvider(), startIdentityProvider()]);
    try {
      const counted = await counting();
      const check =
        'mutation ($input: CheckIdentityProviderInput!) { checkIdentityProvider(input: $input) { identityProvider { id } } }';
      const { client } = await administrator();
      for (const idp of [well, gone]) {
        const identityProviderId = await addOpenid(idp, {}, { client });
        if (idp === gone) await gone.stop();
        await client.ask(check, { input: { identityProviderId } });
      }
      const requests = 'gatehouse_auth_provider_request_duration_seconds_count';
      await counted(requests, { kind: 'OIDC', outcome: 'ok' });
      await counted(requests, { kind: 'OIDC', outcome: 'failed' });
      await counted('gatehouse_auth_identity_providers', { kind: 'OIDC', health: 'HEALTHY' });
      await counted('gatehouse_auth_identity_providers', { kind: 'OIDC', health: 'FAILING' });
    } finally {
      await well.stop();
    }
  });

  test('documents, by the bytes that went up and down', async () => {
    const ada = await registerAndConfirm();
    const counted = await counting();
    const content = newContent(200_000);
    const id = await uploadDocument(ada.client, { name: 'new.bin', content });
    const { document } = await ada.client.ask<{ document: { downloadUrl: string } }>(
      'query ($id: ID!) { document(id: $id) { downloadUrl } }',
      { id },
    );
    expect((await (await anyone.fetch(document.downloadUrl)).arrayBuffer()).byteLength).toBe(content.length);
    await counted('gatehouse_storage_content_bytes_total', { direction: 'up' }, content.length);
    await counted('gatehouse_storage_content_bytes_total', { direction: 'down' }, content.length);
    const route = { route: '/storage', status: '2xx' };
    await counted('gatehouse_gateway_http_request_duration_seconds_count', route, 2);
  });

  test('streams, while they are open', async () => {
    const ada = await registerAndConfirm();
    const counted = await counting();
    const stream = ada.client.subscribe('subscription { securityEvents { id } }', {}, 'websocket');
    await counted(operations, { kind: 'subscription', outcome: 'OK' });
    expect((await scrape()).sum('gatehouse_gateway_subscriptions_open')).toBeGreaterThan(0);
    expect((await scrape()).sum('gatehouse_gateway_websockets_open')).toBeGreaterThan(0);
    stream.close();
  });
});

describe('what is told', () => {
  test('of engines, queues and pools: all answer, nothing waits for long, and nothing is dead', async () => {
    const told = await scrape();
    for (const [name, one] of told.processes) {
      const engines = one.labelValues('gatehouse_engine_up', 'engine');
      expect(engines, name).toContain('postgresql');
      expect(one.sum('gatehouse_engine_up'), name).toBe(engines.length);
    }
    for (const pool of ['platform', 'user', 'auth', 'storage', 'notification']) {
      expect(told.sum('gatehouse_database_pool_size', { pool })).toBeGreaterThan(0);
      expect(told.sum('gatehouse_database_connections', { pool })).toBeGreaterThan(0);
    }
    for (const outbox of ['user', 'auth', 'storage', 'notification'])
      expect(told.sum('gatehouse_outbox_oldest_seconds', { outbox })).toBeLessThan(60);
    expect(told.sum('gatehouse_auth_passwords_waiting')).toBeLessThan(1_000);
    expect(told.sum('gatehouse_event_dead_letters')).toBe(0);
    expect(told.sum('gatehouse_metrics_read_failures_total')).toBe(0);
  });

  test('is each part by the process that runs it, and every process of itself', async () => {
    const { processes } = await scrape();
    for (const [name, told] of processes) {
      const names = [...told.families.keys()];
      const own = (part: string) => names.some((one) => one.startsWith(`gatehouse_${part}_`));
      for (const part of ['gateway', 'auth', 'storage', 'notification'])
        expect(own(part), `${part} told by ${name}`).toBe(name === 'standalone' || name === part);
      expect(told.sum('process_resident_memory_bytes')).toBeGreaterThan(1_000_000);
      expect(told.sum('nodejs_heap_size_used_bytes')).toBeGreaterThan(1_000_000);
    }
  });

  test('is read by whoever asks for OpenMetrics as well', async () => {
    for (const url of Object.values(gatehouse.metricsUrls)) {
      const response = await fetch(url, {
        headers: { accept: 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5' },
      });
      expect(response.headers.get('content-type')).toMatch(/^application\/openmetrics-text; version=1\.0\.0/);
      readMetrics(await response.text(), 'openmetrics');
    }
  });

  test('names nobody: no person, tenant, session, address or document', async () => {
    const ada = await registerAndConfirm();
    await uploadDocument(ada.client, { name: 'very-private-name.txt', content: Buffer.from('text') });
    await expect(signIn({ ...ada, password: newPassword() })).rejects.toThrow();
    const { session } = await ada.client.ask<{ session: { id: string; tenant: { id: string } } }>(
      '{ session { id tenant { id } } }',
    );
    const { text } = await scrape();
    const { accessToken, refreshToken } = ada.tokens;
    const host = gatehouse.otherTenant.host.split(':')[0] ?? '';
    for (const said of [ada.email, ada.id, session.id, session.tenant.id, accessToken, refreshToken, host])
      expect(text).not.toContain(said);
    expect(text).not.toContain('very-private-name');
    expect(text).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/);
    expect(text).not.toMatch(/"(?:\d{1,3}\.){3}\d{1,3}"/);
    expect(text).not.toContain('@example.com');
  });

  test('is not told on the public port, and nothing but it on its own', async () => {
    for (const path of ['/metrics', '/metrics/', '/oauth2/metrics', '/storage/metrics', '/audit/metrics']) {
      const response = await anyone.fetch(`${gatehouse.url}${path}`);
      expect(response.status, path).toBeGreaterThanOrEqual(400);
      expect(await response.text()).not.toContain('gatehouse_');
    }
    for (const url of Object.values(gatehouse.metricsUrls)) {
      for (const path of ['/', '/graphql', '/healthz', '/readyz', '/enforced', '/metrics/..'])
        expect((await fetch(new URL(path, url))).status, path).toBe(404);
      expect((await fetch(url, { method: 'POST', body: '{}' })).status).toBe(405);
    }
  });
});

test('docs/metrics.md lists every metric as it is told', async () => {
  const page = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
  const listed = [...page.matchAll(/^\| `(gatehouse_\w+)` \| (\w+) \| (.*?) \| (.*) \|$/gm)].map(
    ([, name = '', type = '', labels = '', help = '']) => ({
      name,
      type,
      labels: labels.replaceAll('`', '').split(', ').filter(Boolean).sort(),
      help,
    }),
  );
  const { processes } = await scrape();
  const told = new Map([...processes.values()].flatMap(({ families }) => [...families]));
  const own = [...told.values()].filter(({ name }) => name.startsWith('gatehouse_'));
  const unlisted = own.filter(({ name }) => !listed.some((one) => one.name === name));
  expect(unlisted.map(({ name, type, help }) => `| \`${name}\` | ${type} | | ${help} |`)).toEqual([]);
  for (const { name, type, labels, help } of listed) {
    const family = told.get(name);
    // What is about other processes, one process alone does not tell.
    if (!family && gatehouse.topology === 'standalone' && name.startsWith('gatehouse_subgraph_')) continue;
    expect({ name, type: family?.type, help: family?.help }).toEqual({ name, type, help });
    const known = family?.samples.map((sample) =>
      Object.keys(sample.labels).filter((label) => label !== 'le'),
    );
    for (const own of known ?? []) expect(own.sort(), name).toEqual(labels);
  }
  const order = listed.map(({ name }) => name);
  expect(order).toEqual([...order].sort());
});
