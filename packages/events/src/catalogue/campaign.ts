import { defineEvent, foreignId, userId } from './define.ts';

export const campaignEvents = [
  defineEvent('campaign.created', { userId, campaignId: foreignId }, { origin: 'other systems' }),
] as const;
