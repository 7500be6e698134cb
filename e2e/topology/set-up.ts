import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Credentials } from '@gatehouse/testkit/clients';
import type { TestProject } from 'vitest/node';
import { addTenant } from './add-tenant.ts';
import { type Deployment, databaseUrlOf, mailReportsSecret, type Topology } from './deployment.ts';
import { findSecrets } from './find-secrets.ts';

/** What the tests of a project know about the deployment they run against. */
export type Gatehouse = {
  topology: Topology | 'hive';
  url: string;
  metricsUrls: Readonly<Record<string, string>>;
  administrator: Credentials;
  /** Everything the deployment's processes printed. */
  logFile: string;
  /** Where clients note every password, code and token they send or receive. */
  secretsFile: string;
  databaseUrl: string;
  kafkaBrokers: string | null;
  mailReportsSecret: string;
  otherTenant: { host: string; administrator: Credentials };
};

declare module 'vitest' {
  interface ProvidedContext {
    gatehouse: Gatehouse;
  }
}

/** One deployment for all tests of a project; when they are done, nothing of it may be left, in memory or in its log. */
export async function setUp<Name extends Topology | 'hive'>(
  topology: Name,
  project: TestProject,
  create: (topology: Name) => Promise<Deployment>,
): Promise<() => Promise<void>> {
  const deployment = await create(topology);
  try {
    await deployment.start();
    const databaseUrl = databaseUrlOf(deployment);
    const secretsFile = join(deployment.dataDir, 'secrets-of-the-tests.txt');
    writeFileSync(secretsFile, `${mailReportsSecret}\n`);
    const { url, metricsUrls, kafkaBrokers, administrator, logFile } = deployment;
    const otherTenant = await addTenant(deployment);
    project.provide('gatehouse', {
      topology,
      url,
      metricsUrls,
      administrator,
      logFile,
      secretsFile,
      databaseUrl,
      kafkaBrokers,
      mailReportsSecret,
      otherTenant,
    });
    return () => tearDown(deployment, { databaseUrl, secretsFile }, project);
  } catch (error) {
    await deployment.remove();
    throw error;
  }
}

async function tearDown(
  deployment: Deployment,
  known: { databaseUrl: string; secretsFile: string },
  project: TestProject,
): Promise<void> {
  try {
    const { logFile, metricsUrls, kafkaBrokers } = deployment;
    const found = await findSecrets({ ...known, logFile, metricsUrls, kafkaBrokers });
    const { code } = await deployment.stop();
    const complaints = complaintsIn(deployment.logFile);
    const failed = project.vitest.state.getFailedFilepaths().length > 0;
    if (failed) process.stderr.write(`\n${complaints.map((line) => line.slice(0, 400)).join('\n')}\n`);
    if (found.length > 0) throw new Error(`secrets were found where they must not be:\n${found.join('\n')}`);
    const errors = complaints.filter((line) => /^\{"level":[56]0,/.test(line));
    if (errors.length > 0)
      throw new Error(`the deployment met what it did not expect:\n${errors.join('\n')}`);
    if (code !== 0) throw new Error(`the deployment ended with ${code}`);
  } finally {
    await deployment.remove();
  }
}

/** What the deployment itself found wrong: lines of level warn and above, and what is no log line at all. */
function complaintsIn(logFile: string): string[] {
  const lines = readFileSync(logFile, 'utf8').split('\n');
  return lines.filter((line) => line !== '' && !/^\{"level":[123]0,/.test(line)).slice(-40);
}
