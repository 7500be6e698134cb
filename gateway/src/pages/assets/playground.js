import { onSubmit, tell } from './form.js';
import { ask } from './graphql.js';
import { createFetcher } from './playground-fetcher.js';

const login = `mutation ($input: LoginInput!) {
  login(input: $input) { __typename ... on TokenSet { accessToken refreshToken expiresIn } }
}`;

const firstQuery = `# You are signed in; the token goes along by itself.
query Me {
  me {
    displayName
    email
    roles {
      name
    }
  }
}
`;

onSubmit(async (input) => {
  const { login: tokens } = await ask(login, { input });
  if (tokens.__typename !== 'TokenSet') return tell('This account asks for a second factor.', 'bad');
  const { session } = await ask('{ session { permissions } }', {}, tokens.accessToken);
  if (!session.permissions.includes('graph:explore')) {
    return tell('This account may not explore the graph: it needs the permission graph:explore.', 'bad');
  }
  await openGraphiql(tokens);
});

/** GraphiQL, all of it from this server. Tokens stay in this page's memory. */
async function openGraphiql(tokens) {
  tell('Opening …');
  self.MonacoEnvironment = {
    globalAPI: false,
    getWorker: (_, label) => new Worker(`/assets/graphiql/${workers[label] ?? 'editor'}-worker.js`),
  };
  await Promise.all([
    load('link', { rel: 'stylesheet', href: '/assets/graphiql/style.css' }),
    load('script', { src: '/assets/graphiql/graphiql.js' }),
  ]);
  const container = document.querySelector('#graphiql');
  document.querySelector('main').remove();
  document.querySelector('link[href="/assets/style.css"]').remove();
  container.hidden = false;
  self.YogaGraphiQL.renderYogaGraphiQL(container, {
    fetcher: createFetcher(tokens),
    defaultQuery: firstQuery,
    title: 'Gatehouse',
    shouldPersistHeaders: false,
  });
}

const workers = { json: 'json', graphql: 'graphql' };

function load(tag, attributes) {
  const element = Object.assign(document.createElement(tag), attributes);
  return new Promise((resolve, reject) => {
    element.onload = resolve;
    element.onerror = () => reject(new Error(`${tag} failed to load`));
    document.head.append(element);
  });
}
