export { type AuthConfig, authConfig, authEnvironment, defaultAuthConfig } from './config.ts';
export { createAuth } from './create.ts';
export type { AuthDeps } from './deps.ts';
export { rotateKeysByCommand } from './keys/rotate-keys-by-command.ts';
export { migrations } from './migrations.ts';
