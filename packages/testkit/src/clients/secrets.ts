/** Names under which the API takes or gives what must never be seen again: in a log, an event, an error. */
const secretNames = new Set([
  'password',
  'currentPassword',
  'newPassword',
  'code',
  'secret',
  'clientSecret',
  'codeVerifier',
  'webhookSecret',
  'accessToken',
  'idToken',
  'refreshToken',
  'challengeId',
  'backupCodes',
  'deviceToken',
]);

/** Shorter ones would be found by chance. */
const minLength = 12;

/** Every secret in the variables or the data of an operation, however deep. */
export function secretsIn(value: unknown, name = ''): string[] {
  if (typeof value === 'string') return secretNames.has(name) && value.length >= minLength ? [value] : [];
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, inner]) => secretsIn(inner, Array.isArray(value) ? name : key));
}
