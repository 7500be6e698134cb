import type { OauthClient } from '../tables/oauth-client.ts';
import type { SecurityEventRow } from '../tables/security-event.ts';
import type { SessionRow } from '../tables/session.ts';

export type UserParent = { id: string };
export type SessionParent = SessionRow;
export type SecurityEventParent = SecurityEventRow;
export type ClientParent = OauthClient;
