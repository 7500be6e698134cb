import type { ServerResponse } from 'node:http';
import type { Metrics } from '@gatehouse/service-kit';
import { routeOf } from '../http/routes.ts';

/** Counts requests for other paths than GraphQL's and health, by the route they belong to; pages and whatever is nowhere are `other`. */
export function measureRoutes(metrics: Metrics) {
  const durations = metrics.histogram({
    name: 'gatehouse_gateway_http_request_duration_seconds',
    help: 'Time until a request for another path than /graphql was answered, by its route and the first digit of the status; other is the rest.',
    labels: ['route', 'status'],
  });
  return (path: string, response: ServerResponse): void => {
    const startedAt = performance.now();
    const route = routeOf(path) ?? 'other';
    response.once('close', () => {
      const status = response.headersSent ? `${Math.floor(response.statusCode / 100)}xx` : 'none';
      durations({ route, status }).observeSince(startedAt);
    });
  };
}
