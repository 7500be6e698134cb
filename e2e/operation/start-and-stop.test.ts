import { execFileSync } from 'node:child_process';
import { connect } from 'node:net';
import { people } from '@gatehouse/testkit/clients';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDeployment, type Deployment } from '../topology/deployment.ts';

let deployment: Deployment;
let story: ReturnType<typeof people>;

beforeAll(async () => {
  deployment = await createDeployment('standalone', { LOG_LEVEL: 'warn' });
  await deployment.start();
  story = people(deployment);
});
afterAll(() => deployment.remove());

test('idle, it takes no more than 300 MB', () => {
  const rss = execFileSync('ps', ['-o', 'rss=', '-p', String(deployment.pid())], { encoding: 'utf8' });
  expect(Number(rss) / 1024).toBeLessThan(300);
});

test('killed with all its processes, it starts again with its data', async () => {
  const ada = await story.registerAndConfirm();
  await deployment.kill('whole tree');
  await deployment.start();
  expect(await ada.client.ask('{ me { email } }')).toEqual({ me: { email: ada.email } });
  await story.signIn(ada);
});

test('killed alone, it finds its database still running, and goes on', async () => {
  const ada = await story.registerAndConfirm();
  await deployment.kill('first process');
  await deployment.start();
  expect(await ada.client.ask('{ me { email } }')).toEqual({ me: { email: ada.email } });
});

test('Ctrl-C stops it within five seconds, whatever clients are doing, and leaves no process', async () => {
  const ada = await story.registerAndConfirm();
  const stream = ada.client.subscribe('subscription { notificationReceived { id } }');
  await stream.silent(200);
  const { createUpload } = await ada.client.ask<{ createUpload: { uploadUrl: string } }>(
    'mutation ($input: CreateUploadInput!) { createUpload(input: $input) { uploadUrl } }',
    { input: { name: 'never ends.bin', size: 1_000_000 } },
  );
  const { port, pathname, search, host } = new URL(createUpload.uploadUrl);
  const socket = connect(Number(port), '127.0.0.1').on('error', () => {});
  socket.write(`PUT ${pathname}${search} HTTP/1.1\r\nhost: ${host}\r\ncontent-length: 1000000\r\n\r\nslow`);

  const { code, milliseconds } = await deployment.stop('SIGINT');
  expect(milliseconds).toBeLessThan(5_000);
  expect(code).toBe(0);
  socket.destroy();
  stream.close();

  await deployment.start();
  await story.signIn(ada);
});
