import { acrs } from '@gatehouse/identity';
import { satisfies } from '../oidc/authentication-context.ts';
import type { Interaction } from './open-interaction.ts';

/** Whether only two factors are what the client asks for with `acr_values`. */
export function demandsSecondFactor({ params }: Interaction): boolean {
  const requested = String(params.acr_values ?? '').split(' ');
  return satisfies(acrs.multiFactor, requested) && !satisfies(acrs.singleFactor, requested);
}
