import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { closeServer, listen } from '@gatehouse/service-kit';
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { type Adapter, type AdapterPayload, errors, type KoaContextWithOIDC, Provider } from 'oidc-provider';

/** Somebody who is known to the provider. */
export type Member = {
  email?: string;
  email_verified?: boolean;
  given_name?: string;
  family_name?: string;
  roles?: string[];
  password?: string;
  amr?: string[];
};

/** Everything in memory, as long as the process lives. */
class MapAdapter implements Adapter {
  static readonly rows = new Map<string, AdapterPayload>();
  readonly #kind: string;

  constructor(kind: string) {
    this.#kind = kind;
  }

  #key = (id: string) => `${this.#kind}:${id}`;
  upsert = async (id: string, payload: AdapterPayload) => void MapAdapter.rows.set(this.#key(id), payload);
  find = async (id: string) => MapAdapter.rows.get(this.#key(id));
  findByUid = async (uid: string) => [...MapAdapter.rows.values()].find((row) => row.uid === uid);
  findByUserCode = async () => undefined;
  destroy = async (id: string) => void MapAdapter.rows.delete(this.#key(id));
  consume = async (id: string) => {
    const row = MapAdapter.rows.get(this.#key(id));
    if (row) row.consumed = Math.floor(Date.now() / 1000);
  };
  revokeByGrantId = async (grantId: string) => {
    for (const [key, row] of MapAdapter.rows) if (row.grantId === grantId) MapAdapter.rows.delete(key);
  };
}

export const api = 'https://api.example.com';

/**
 * An identity provider of somebody else: a whole `oidc-provider` on a port of its own. It signs in whomever the test says,
 * without asking; takes passwords; and issues JWT access tokens for an API.
 */
export async function startIdentityProvider() {
  const members = new Map<string, Member>();
  const state = { signsIn: '', denies: false };
  const requests: string[] = [];
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
  const kid = randomUUID();
  const jwk = { ...(await exportJWK(privateKey)), kid, alg: 'RS256', use: 'sig' };
  const client = { id: 'gatehouse', secret: randomUUID().replaceAll('-', '') };

  const server = createServer((request, response) => void handle(request, response));
  const port = await listen(server, { port: 0, host: '127.0.0.1' });
  const issuer = `http://127.0.0.1:${port}`;

  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: client.id,
        client_secret: client.secret,
        redirect_uris: ['http://127.0.0.1/callback'],
        grant_types: ['authorization_code', 'password'],
        response_types: ['code'],
      },
    ],
    jwks: { keys: [jwk] as never },
    cookies: { keys: [randomUUID()] },
    conformIdTokenClaims: false,
    claims: {
      openid: ['sub', 'amr', 'roles'],
      email: ['email', 'email_verified'],
      profile: ['given_name', 'family_name'],
    },
    features: {
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => api,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: 'openid email profile',
          audience: api,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    adapter: MapAdapter,
    ttl: {
      Interaction: 600,
      Grant: 600,
      Session: 600,
      AccessToken: 600,
      IdToken: 600,
      AuthorizationCode: 60,
    },
    pkce: { required: () => true },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    async findAccount(_ctx, accountId) {
      const { password: _, amr: __, ...claims } = members.get(accountId) ?? {};
      return members.has(accountId)
        ? { accountId, claims: async () => ({ ...claims, sub: accountId }) as never }
        : undefined;
    },
  });
  // Its clients are registered before anybody knows what they will be redirected to.
  provider.Client.prototype.redirectUriAllowed = () => true;
  provider.registerGrantType('password', (ctx) => passwordGrant(ctx), ['username', 'password', 'realm']);

  async function passwordGrant(ctx: KoaContextWithOIDC): Promise<void> {
    const { username, password } = ctx.oidc.params as Record<string, string>;
    const [accountId, member] =
      [...members].find(([, one]) => one.email === username && one.password === password) ?? [];
    if (!accountId || !member) throw new errors.InvalidGrant('the password is wrong');
    const { client: asking } = ctx.oidc;
    if (!asking) throw new errors.InvalidClient('unknown');
    const grant = new provider.Grant({ accountId, clientId: asking.clientId });
    grant.addOIDCScope('openid email profile');
    const grantId = await grant.save();
    const token = new provider.AccessToken({ accountId, client: asking, grantId, gty: 'password' } as never);
    token.scope = 'openid';
    token.resourceServer = new provider.ResourceServer(api, {
      scope: 'openid',
      audience: api,
      accessTokenFormat: 'jwt',
      jwt: { sign: { alg: 'RS256' } },
    });
    ctx.oidc.entity('AccessToken', token);
    const { password: _, amr, ...claims } = member;
    const idToken = new provider.IdToken({ ...claims, sub: accountId, ...(amr && { amr }) }, { ctx });
    Object.assign(idToken, { scope: 'openid email profile' });
    ctx.body = {
      access_token: await token.save(),
      id_token: await idToken.issue({ use: 'idtoken' }),
      token_type: 'Bearer',
      expires_in: 600,
    };
  }

  const callback = provider.callback();

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    requests.push((request.url ?? '').split('?')[0] ?? '');
    if (!request.url?.startsWith('/interaction/')) return void callback(request, response);
    if (state.denies) {
      const result = { error: 'access_denied', error_description: 'no' };
      return await provider.interactionFinished(request, response, result);
    }
    const { params } = await provider.interactionDetails(request, response);
    const accountId = state.signsIn;
    const grant = new provider.Grant({ accountId, clientId: String(params.client_id) });
    grant.addOIDCScope('openid email profile');
    grant.addResourceScope(api, 'openid email profile');
    const amr = members.get(accountId)?.amr ?? ['pwd'];
    await provider.interactionFinished(request, response, {
      login: { accountId, amr, remember: false },
      consent: { grantId: await grant.save() },
    });
  }

  return {
    issuer,
    api,
    kid,
    client,
    members,
    state,
    requests,
    publicKey,
    privateKey,
    /** Adds somebody, who is the next to sign in. */
    member(values: Member = {}): string {
      const id = `member|${randomUUID()}`;
      members.set(id, values);
      state.signsIn = id;
      return id;
    },
    /** An access token, as its own client gets one for the API with a password. */
    async accessToken({ email, password }: Member): Promise<string> {
      const response = await fetch(`${issuer}/token`, {
        method: 'POST',
        headers: {
          authorization: `Basic ${btoa(`${client.id}:${client.secret}`)}`,
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: new URLSearchParams({
          grant_type: 'password',
          username: email ?? '',
          password: password ?? '',
          scope: 'openid',
        }),
      });
      return ((await response.json()) as { access_token: string }).access_token;
    },
    /** A token of a test's making, by default as the provider would sign it. */
    sign(
      claims: JWTPayload,
      {
        key = privateKey,
        header = {},
      }: { key?: CryptoKey | Uint8Array; header?: Record<string, unknown> } = {},
    ): Promise<string> {
      const now = Math.floor(Date.now() / 1000);
      return new SignJWT({ iss: issuer, aud: api, iat: now, exp: now + 600, ...claims })
        .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid, ...header })
        .sign(key);
    },
    stop: () => closeServer(server, 100),
  };
}

export type IdentityProviderServer = Awaited<ReturnType<typeof startIdentityProvider>>;
