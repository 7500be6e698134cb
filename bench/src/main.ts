import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { measureDocuments } from './documents/documents.ts';
import { measureEvents } from './events/events.ts';
import { measureFanOut } from './fan-out.ts';
import { measureFleets } from './fleet.ts';
import { measureGateways } from './gateways.ts';
import { measureIdentity } from './identity/identity.ts';
import { machine } from './machine.ts';
import { measureMemory } from './memory.ts';
import { measureProduct } from './product.ts';
import { report } from './report.ts';
import { measureTenants } from './tenants.ts';
import { measureTokenCheck } from './token-check.ts';

/*
 * npm run bench                      all tables; writes results.md and out/results.json
 * npm run bench -- --only gateways   or tokens, fleets, product, identity, events, documents, fan-out, tenants, memory; writes
 *                                    out/results-gateways.json
 * npm run bench -- --rounds 5 --seconds 2
 * npm run bench -- --only memory --minutes 10
 * npm run bench -- --only events --backlog 50000, or --outage 10 (minutes without Kafka, at 200 events a second)
 * npm run bench -- --only documents --megabytes 2048
 */
const { only, rounds, seconds, minutes, backlog, outage, megabytes } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '0.7' },
    minutes: { type: 'string', default: '1' },
    backlog: { type: 'string', default: '20000' },
    outage: { type: 'string' },
    megabytes: { type: 'string', default: '2048' },
  },
}).values;
const size = { rounds: Number(rounds), seconds: Number(seconds) };

const wants = (part: string) => only === undefined || only === part;

const results = {
  machine: machine(),
  ...size,
  gateways: wants('gateways') ? await measureGateways(size) : null,
  tokenCheck: wants('tokens') ? await measureTokenCheck() : null,
  fleets: wants('fleets') ? await measureFleets(size) : null,
  product: wants('product') ? await measureProduct(size) : null,
  identity: wants('identity') ? await measureIdentity(size) : null,
  events: wants('events')
    ? await measureEvents({
        seconds: size.seconds,
        backlog: Number(backlog),
        outageMinutes: outage === undefined ? null : Number(outage),
      })
    : null,
  documents: wants('documents')
    ? await measureDocuments({ rounds: size.rounds, megabytes: Number(megabytes) })
    : null,
  fanOut: wants('fan-out') ? await measureFanOut() : null,
  tenants: wants('tenants') ? await measureTenants() : null,
  memory: wants('memory') ? await measureMemory({ minutes: Number(minutes) }) : null,
};
const text = report(results);
const here = (path: string) => new URL(`../${path}`, import.meta.url);
mkdirSync(here('out/'), { recursive: true });
writeFileSync(
  here(only ? `out/results-${only}.json` : 'out/results.json'),
  `${JSON.stringify(results, null, 2)}\n`,
);
if (!only) writeFileSync(here('results.md'), text);
process.stdout.write(text);
process.exit(0);
