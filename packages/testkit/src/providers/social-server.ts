import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { closeServer, listen } from '@gatehouse/service-kit';

type Pending = { challenge: string; redirectUri: string };
type Answer = { status?: number; location?: string; body?: unknown };

/**
 * GitHub (docs.github.com: "Authorizing OAuth apps", "REST API endpoints for users" and "for emails", as an Enterprise Server
 * has them) and X (docs.x.com: "OAuth 2.0 Authorization Code Flow with PKCE", "Get my User"): their endpoints and the shapes
 * of their answers. Both sign in whoever the test says, without asking.
 */
export async function startSocialServer() {
  const client = { id: 'gatehouse', secret: randomUUID().replaceAll('-', '') };
  const codes = new Map<string, Pending>();
  const tokens = new Set<string>();
  const state = {
    github: {
      id: 583_231,
      login: 'octocat',
      name: 'The Octocat' as string | null,
      emails: [] as { email: string; primary: boolean; verified: boolean; visibility: string | null }[],
    },
    x: {
      id: '2244994945',
      name: 'X Dev',
      username: 'XDevelopers',
      confirmed_email: undefined as string | undefined,
    },
    /** Answers every request so, as a server in trouble does. */
    broken: false,
  };

  const authorize = (query: URLSearchParams): Answer => {
    const code = randomUUID();
    const redirectUri = query.get('redirect_uri') ?? '';
    codes.set(code, { challenge: query.get('code_challenge') ?? '', redirectUri });
    const location = new URL(redirectUri);
    location.searchParams.set('code', code);
    location.searchParams.set('state', query.get('state') ?? '');
    return { status: 302, location: location.href };
  };

  const redeem = (form: URLSearchParams): string | undefined => {
    const pending = codes.get(form.get('code') ?? '');
    codes.delete(form.get('code') ?? '');
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    if (pending?.challenge !== challenge || pending.redirectUri !== form.get('redirect_uri'))
      return undefined;
    const token = `gho_${randomUUID()}`;
    tokens.add(token);
    return token;
  };

  const githubToken = (form: URLSearchParams): Answer => {
    const isClient = form.get('client_id') === client.id && form.get('client_secret') === client.secret;
    const token = isClient ? redeem(form) : undefined;
    // Errors come with status 200 there.
    if (!token)
      return { body: { error: 'bad_verification_code', error_description: 'The code is incorrect.' } };
    return { body: { access_token: token, scope: 'read:user,user:email', token_type: 'bearer' } };
  };

  const xToken = (form: URLSearchParams, authorization: string | undefined): Answer => {
    const expected = `Basic ${btoa(`${client.id}:${client.secret}`)}`;
    const token = authorization === expected ? redeem(form) : undefined;
    if (!token)
      return { status: 400, body: { error: 'invalid_request', error_description: 'Value was invalid.' } };
    return {
      body: { token_type: 'bearer', expires_in: 7200, access_token: token, scope: 'users.read tweet.read' },
    };
  };

  const { github, x } = state;
  const routes: Record<string, (request: IncomingMessage, url: URL) => Answer | Promise<Answer>> = {
    'GET /login/oauth/authorize': (_request, url) => authorize(url.searchParams),
    'POST /login/oauth/access_token': async (request) =>
      githubToken(new URLSearchParams(await text(request))),
    'GET /api/v3/user': () => ({
      body: {
        login: state.github.login,
        id: state.github.id,
        type: 'User',
        name: state.github.name,
        email: null,
      },
    }),
    'GET /api/v3/user/emails': () => ({ body: state.github.emails }),
    'GET /i/oauth2/authorize': (_request, url) => authorize(url.searchParams),
    'POST /2/oauth2/token': async (request) =>
      xToken(new URLSearchParams(await text(request)), request.headers.authorization),
    'GET /2/users/me': () => ({ body: { data: state.x } }),
  };
  const isOpen = (name: string) => name.includes('oauth');

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const name = `${request.method} ${url.pathname}`;
    const bearer = request.headers.authorization?.replace(/^bearer /i, '');
    const route = state.broken ? undefined : routes[name];
    const allowed = isOpen(name) || tokens.has(bearer ?? '');
    const {
      status = 200,
      location,
      body,
    } = route
      ? allowed
        ? await route(request, url)
        : { status: 401, body: { message: 'Requires authentication', status: '401' } }
      : { status: 503, body: { message: 'unavailable' } };
    response.writeHead(status, {
      'content-type': 'application/json; charset=utf-8',
      ...(location && { location }),
    });
    response.end(JSON.stringify(body ?? {}));
  });
  const port = await listen(server, { port: 0, host: '127.0.0.1' });

  return {
    url: `http://127.0.0.1:${port}`,
    client,
    state,
    github,
    x,
    stop: () => closeServer(server, 100),
  };
}

export type SocialServer = Awaited<ReturnType<typeof startSocialServer>>;
