import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { people } from '@gatehouse/testkit/clients';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runEngine } from '../../scripts/engines/engine-process.ts';
import { createDeployment, type Deployment } from '../topology/deployment.ts';
import { freePorts } from '../topology/free-ports.ts';
import { faults } from './faults/faults.ts';
import { networkTo } from './faults/network.ts';
import type { Part } from './faults/part.ts';
import { within } from './faults/within.ts';

// A Gatehouse whose mail server goes away while people register.
let deployment: Deployment;
let part: Part;
let file: string;
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-mails-'));
  closing.push(() => rm(folder, { recursive: true }));
  file = join(folder, 'mails');
  const port = await freePorts(1);
  const server = await runEngine({
    name: 'smtp',
    launch: async () => ({
      command: process.execPath,
      args: [resolve(import.meta.dirname, 'faults/serve-smtp.ts'), String(port), file],
      url: `smtp://127.0.0.1:${port}`,
    }),
    answers: () => answers(port),
  });
  closing.push(server.stop);
  const network = await networkTo(server.url);
  closing.push(network.close);
  part = { server, network };
  deployment = await createDeployment('standalone', { LOG_LEVEL: 'warn', SMTP_URL: network.url });
  closing.push(deployment.remove);
  await deployment.start();
});
afterAll(async () => {
  for (const close of closing.reverse()) await close();
});

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));
type Taken = { to: string; id: string };
const taken = (): Taken[] =>
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line))
    : [];

// A cell takes as long as its fault and two attempts that failed, five seconds and more apart.
test.each(['stopped', 'killed', 'paused', 'cut off', 'slow'] as const)(
  '%s: registering goes on, and every mail arrives when it is back',
  async (column) => {
    const story = people(deployment);
    const emails: string[] = [];
    let ended = false;
    const registering = (async () => {
      for (; !ended; await pause(100)) {
        const began = Date.now();
        emails.push((await story.register()).email);
        expect(Date.now() - began).toBeLessThan(2_000);
      }
    })();
    await pause(500);
    await faults[column].begin(part);
    await pause(faults[column].lastsMs);
    await faults[column].end(part);
    await pause(500);
    ended = true;
    await registering;

    expect(emails.length).toBeGreaterThan(5);
    const theirs = () => taken().filter(({ to }) => emails.includes(to));
    await within(60_000, async () => expect(new Set(theirs().map(({ to }) => to)).size).toBe(emails.length));
    // Where the answer to a mail was lost there are two copies; they are the same message.
    expect(new Set(theirs().map(({ id }) => id)).size).toBe(emails.length);
    expect(theirs().length - emails.length).toBeLessThanOrEqual(column === 'slow' ? 0 : 1);
  },
);

function answers(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      done(true);
    });
    socket.once('error', () => done(false));
  });
}
