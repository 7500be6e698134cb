import { type Logger, type Metrics, type Running, StartupError } from '@gatehouse/service-kit';
import { openExposition, serveMetrics } from '@gatehouse/service-kit/metrics';

type Values = { PORT: number; METRICS_PORT?: number | undefined; METRICS_HOST: string };

/** Where the metrics of a process are to be served; undefined where they are not. StartupError when everything else is. */
export function metricsAddress(values: Values): { port: number; host: string } | undefined {
  const { PORT, METRICS_PORT: port, METRICS_HOST: host } = values;
  if (port === PORT) throw new StartupError('METRICS_PORT has to be another port than PORT.');
  return port === undefined ? undefined : { port, host };
}

/** Serves the metrics of this process, if METRICS_PORT says where. StartupError when the port can't be had. */
export async function tellMetrics(metrics: Metrics, values: Values, logger: Logger): Promise<Running> {
  const address = metricsAddress(values);
  if (!address) return { stop: async () => {} };
  const exposition = await openExposition(metrics);
  return serveMetrics({ ...address, exposition, collect: () => exposition.collect(), logger });
}
