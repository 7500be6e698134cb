export { type IdentityProviderServer, type Member, startIdentityProvider } from './identity-provider.ts';
export { type SocialServer, startSocialServer } from './social-server.ts';
export { telegramPayload } from './telegram.ts';
