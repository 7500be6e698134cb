export { createTenants, type Tenants } from './tenants.ts';
export { createTokens, type Tokens } from './tokens.ts';
