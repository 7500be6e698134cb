import { expect, it } from 'vitest';
import { endSessionUrl } from '../src/federation/provider-logout-url.ts';

const issuer = 'https://clinic.eu.auth0.com/';
const given = { home: 'https://id.example.com/', idToken: 'a.b.c', insecure: false };
const urlOf = (
  kind: 'OIDC' | 'AUTH0' | 'COGNITO' | 'GOOGLE',
  metadata: Record<string, string>,
  more: { insecure?: boolean } = {},
) => {
  const url = endSessionUrl({ kind, clientId: 'gatehouse' }, { issuer, ...metadata }, { ...given, ...more });
  return url && { to: `${url.origin}${url.pathname}`, with: Object.fromEntries(url.searchParams) };
};

it('is what the provider describes, with a hint of who is to be signed out', () => {
  expect(urlOf('OIDC', { end_session_endpoint: 'https://idp.example/end?tenant=7' })).toEqual({
    to: 'https://idp.example/end',
    with: {
      tenant: '7',
      id_token_hint: 'a.b.c',
      client_id: 'gatehouse',
      post_logout_redirect_uri: 'https://id.example.com/',
    },
  });
});

it('has the shape of the kind where nothing is described', () => {
  expect(urlOf('AUTH0', {})).toEqual({
    to: 'https://clinic.eu.auth0.com/v2/logout',
    with: { client_id: 'gatehouse', returnTo: 'https://id.example.com/' },
  });
  const authorization_endpoint = 'https://clinic.auth.eu-central-1.amazoncognito.com/oauth2/authorize';
  expect(urlOf('COGNITO', { authorization_endpoint })).toEqual({
    to: 'https://clinic.auth.eu-central-1.amazoncognito.com/logout',
    with: { client_id: 'gatehouse', logout_uri: 'https://id.example.com/' },
  });
});

it('is none for a kind that knows no sign-out, nor anything but a web address', () => {
  expect(urlOf('OIDC', {})).toBeNull();
  expect(urlOf('GOOGLE', {})).toBeNull();
  expect(urlOf('COGNITO', {})).toBeNull();
  for (const end_session_endpoint of [
    'javascript:alert(1)',
    'data:text/html,x',
    'http://idp.example/end',
    'x',
    '',
  ])
    expect(urlOf('OIDC', { end_session_endpoint }), end_session_endpoint).toBeNull();
  const local = { end_session_endpoint: 'http://127.0.0.1/end' };
  expect(urlOf('OIDC', local, { insecure: true })?.to).toBe('http://127.0.0.1/end');
});
