import { GatehouseError, type Metrics } from '@gatehouse/service-kit';
import { OutgoingError } from '@gatehouse/service-kit/outgoing';
import { AuthorizationResponseError, ResponseBodyError } from 'openid-client';
import { noteFailure, noteSuccess } from '../queries/identity-providers.ts';
import type { Services } from '../services.ts';
import type { IdentityProvider } from '../tables/identity-provider.ts';

export const providerUnavailable = (): GatehouseError =>
  new GatehouseError('PROVIDER_UNAVAILABLE', 'The identity provider gave no answer that can be used.');

const requestDefinition = {
  name: 'gatehouse_auth_provider_request_duration_seconds',
  help: 'Time that identity providers took, by kind and outcome: ok, refused (the person was not let in there) or failed.',
  labels: ['kind', 'outcome'],
} as const;

export const providerDurations = (metrics: Metrics) => metrics.histogram(requestDefinition);

const maxLength = 200;

/** What went wrong, for the administrators of the tenant: no answer of the provider is repeated. */
export function reasonOf(error: unknown): string {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof OutgoingError) return cause.message;
  }
  if (error instanceof ResponseBodyError) return `refused: ${error.error}`.slice(0, maxLength);
  const { code, message } = error as { code?: unknown; message?: unknown };
  const told = typeof code === 'string' ? `${code}: ${String(message)}` : String(message);
  return told.slice(0, maxLength);
}

/** The person said no there, or was not believed: the provider is well. */
const isRefusal = (error: unknown): boolean =>
  error instanceof AuthorizationResponseError ||
  (error instanceof ResponseBodyError && ['invalid_grant', 'access_denied'].includes(error.error));

/** Runs a request to a provider and keeps how it went; what it throws is thrown on. */
export async function withHealth<T>(
  services: Pick<Services, 'database' | 'logger' | 'metrics'>,
  { id, kind }: Pick<IdentityProvider, 'id' | 'kind'>,
  ask: () => Promise<T>,
): Promise<T> {
  const durations = providerDurations(services.metrics);
  const startedAt = performance.now();
  try {
    const answer = await ask();
    durations({ kind, outcome: 'ok' }).observeSince(startedAt);
    await noteSuccess(services.database.db, id);
    return answer;
  } catch (error) {
    durations({ kind, outcome: isRefusal(error) ? 'refused' : 'failed' }).observeSince(startedAt);
    if (isRefusal(error)) await noteSuccess(services.database.db, id);
    else {
      const reason = reasonOf(error);
      services.logger.warn({ providerId: id, reason }, 'an identity provider failed');
      await noteFailure(services.database.db, id, reason);
    }
    throw error;
  }
}
