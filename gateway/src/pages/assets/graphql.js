/** Sends an operation; answers its data, or throws an Error with `code` and a message for people. */
export async function ask(query, variables, token) {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      ...(token && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  if (!errors) return data;
  const [{ message, extensions }] = errors;
  throw Object.assign(new Error(describe(message, extensions)), { code: extensions?.code });
}

const sentences = {
  INVALID_CODE: 'This link is used, replaced or expired. Ask for a new one.',
  INVALID_CREDENTIALS: 'Unknown account or wrong password.',
  UNKNOWN_TENANT: 'This address belongs to no tenant.',
};

function describe(message, extensions = {}) {
  if (extensions.retryAfter) return `Too many attempts. Try again in ${extensions.retryAfter} seconds.`;
  if (extensions.fields)
    return extensions.fields.map((field) => `${lastPart(field.path)} ${field.message}`).join(' ');
  return sentences[extensions.code] ?? message;
}

const lastPart = (path) => {
  const name = path.split('.').pop();
  return name.charAt(0).toUpperCase() + name.slice(1);
};
