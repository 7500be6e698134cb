import { exportJWK, generateKeyPair } from 'jose';
import { connections } from './contestant.ts';
import { median } from './gateways.ts';
import { names, queries } from './graph.ts';
import { startContestant, startLoad, startOneSubgraph } from './processes.ts';
import { readyAnswers } from './ready-answers.ts';

export type FleetRow = { name: string; rate: number | null; problem?: string };

const warmUpSeconds = 3;

type Fleet = { name: string; script: string; apollo: boolean; rust?: boolean };

export const ourFleet = 'gatehouse and its own subgraph servers';

const fleets: readonly Fleet[] = [
  { name: ourFleet, script: 'gatehouse.ts', apollo: false },
  { name: 'hive, subgraphs on @apollo/server', script: 'hive.ts', apollo: true },
  { name: 'hive + rust planner, subgraphs on @apollo/server', script: 'hive.ts', apollo: true, rust: true },
  { name: 'apollo, subgraphs on @apollo/server', script: 'apollo.ts', apollo: true },
];

/** Five processes on all cores, the load beside them: what a deployment of services gets out of one machine. */
export async function measureFleets(options: { rounds: number; seconds: number }): Promise<FleetRow[]> {
  const query = queries['four subgraphs'] as string;
  const expected = JSON.stringify((await readyAnswers()).get(query));
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { extractable: true });
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'gateway', alg: 'EdDSA' }] };
  const rows: FleetRow[] = [];
  for (const { name, script, apollo, rust } of fleets) {
    const subgraphs = await Promise.all(
      names.map((subgraph) =>
        startOneSubgraph(subgraph, {
          BENCH_PASSPORT_JWKS: JSON.stringify(jwks),
          ...(apollo && { BENCH_APOLLO: '1' }),
        }),
      ),
    );
    const load = startLoad('any');
    const env = {
      BENCH_REMOTE: '1',
      BENCH_SUBGRAPHS: JSON.stringify(Object.fromEntries(names.map((one, n) => [one, subgraphs[n]?.port]))),
      BENCH_PASSPORT_KEY: JSON.stringify(await exportJWK(privateKey)),
      ...(rust && { BENCH_RUST: '1' }),
    };
    try {
      const gateway = await startContestant(name, script, env, [], 'any');
      const order = {
        port: gateway.port,
        tokens: gateway.tokens.slice(0, connections),
        body: JSON.stringify({ query }),
      };
      const rates: number[] = [];
      await load.measure({ ...order, seconds: warmUpSeconds });
      for (let round = 0; round < options.rounds; round++) {
        const { requestsPerSecond, sample, failures } = await load.measure({
          ...order,
          seconds: options.seconds,
        });
        const isRight = failures === 0 && JSON.stringify({ data: JSON.parse(sample).data }) === expected;
        if (!isRight) throw new Error(`answers wrongly: ${sample.slice(0, 200)}`);
        rates.push(requestsPerSecond);
      }
      rows.push({ name, rate: median(rates) });
      gateway.stop();
    } catch (error) {
      rows.push({ name, rate: null, problem: (error as Error).message });
    } finally {
      load.stop();
      for (const one of subgraphs) one.stop();
    }
  }
  return rows;
}
