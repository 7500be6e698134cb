import { ask } from './graphql.js';

const refreshToken = `mutation ($input: RefreshTokenInput!) {
  refreshToken(input: $input) { accessToken refreshToken expiresIn }
}`;

/** How GraphiQL talks to the endpoint: with the token, renewed before it expires; subscriptions as an event stream. */
export function createFetcher(first) {
  let tokens = first;
  let expiresAt = Date.now() + first.expiresIn * 1000;
  let renewing;

  const renew = async () => {
    const answer = await ask(refreshToken, { input: { refreshToken: tokens.refreshToken } });
    tokens = answer.refreshToken;
    expiresAt = Date.now() + tokens.expiresIn * 1000;
  };

  return async (parameters, options) => {
    if (expiresAt - Date.now() < 30_000) {
      renewing ??= renew().finally(() => {
        renewing = undefined;
      });
      await renewing;
    }
    const aborting = new AbortController();
    const response = await fetch('/graphql', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream;q=0.5',
        authorization: `Bearer ${tokens.accessToken}`,
        ...options?.headers,
      },
      body: JSON.stringify(parameters),
      signal: aborting.signal,
    });
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
    return isStream ? results(response, aborting) : await response.json();
  };
}

/** Results of the graphql-sse protocol, distinct connections mode. */
async function* results(response, aborting) {
  let text = '';
  try {
    for await (const chunk of chunksOf(response)) {
      text += chunk;
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const message = text.slice(0, end);
        text = text.slice(end + 2);
        if (message.includes('event: complete')) return;
        const data = /^data: (.*)$/m.exec(message)?.[1];
        if (data) yield JSON.parse(data);
      }
    }
  } finally {
    aborting.abort();
  }
}

async function* chunksOf(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) yield value;
}
