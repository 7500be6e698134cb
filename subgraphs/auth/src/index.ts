import { fileURLToPath } from 'node:url';

export { type AuthConfig, authConfig, authEnvironment, defaultAuthConfig } from './config.ts';
export { createAuth } from './create.ts';
export type { AuthDeps } from './deps.ts';
export { rotateKeysByCommand } from './keys/rotate-keys-by-command.ts';

export const migrations = {
  folder: fileURLToPath(new URL('../migrations', import.meta.url)),
  schema: 'auth',
};
