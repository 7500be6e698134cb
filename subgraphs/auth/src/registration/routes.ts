import { GatehouseError } from '@gatehouse/service-kit';
import type { InjectedRequest, InjectedResponse } from '../oidc/inject.ts';
import type { Issuer } from '../oidc/issuers.ts';
import type { Services } from '../services.ts';
import { registerClient } from './register-client.ts';

export const registrationPath = '/register';

/** Dynamic client registration (RFC 7591) for whoever holds an initial access token. */
export async function answerRegistration(
  services: Services,
  issuer: Issuer,
  request: InjectedRequest,
): Promise<InjectedResponse> {
  if (request.method !== 'POST') return json(405, { error: 'invalid_request' });
  try {
    const authorization = [request.headers?.authorization].flat()[0];
    const metadata = readJson(request.body);
    return json(
      201,
      await registerClient(services, issuer, metadata, { authorization, client: request.client }),
    );
  } catch (error) {
    if (!(error instanceof GatehouseError)) throw error;
    if (error.code === 'UNAUTHENTICATED')
      return json(
        401,
        { error: 'invalid_token', error_description: error.message },
        'Bearer error="invalid_token"',
      );
    if (error.code !== 'BAD_USER_INPUT') throw error;
    return json(400, describe(error));
  }
}

/** RFC 7591 §3.2.2. */
function describe(error: GatehouseError) {
  const { fields = [] } = error.extensions as { fields?: { path: string; message: string }[] };
  const isRedirect = fields.some(({ path }) => path.startsWith('redirect'));
  return {
    error: isRedirect ? 'invalid_redirect_uri' : 'invalid_client_metadata',
    error_description: fields.map(({ path, message }) => `${path} ${message}`).join('; ') || error.message,
  };
}

function readJson(body: string | undefined): object {
  try {
    const value: unknown = JSON.parse(body ?? '');
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Told below.
  }
  throw new GatehouseError('BAD_USER_INPUT', 'The body must be a JSON object.');
}

const json = (status: number, body: object, challenge?: string): InjectedResponse => ({
  status,
  headers: {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    ...(challenge && { 'www-authenticate': challenge }),
  },
  body: Buffer.from(JSON.stringify(body)),
});
