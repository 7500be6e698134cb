import type { UserDeps } from '../deps.ts';
import { countCampaign } from '../queries/other-systems.ts';
import { hearOf } from './other-systems.ts';

/** A campaign counts in the person's activity. */
export const campaignCreated = (deps: UserDeps) =>
  hearOf(deps, {
    group: 'user.activity',
    type: 'campaign.created',
    react: (tx, { id }, { time }) => countCampaign(tx, id, new Date(time)),
  });
