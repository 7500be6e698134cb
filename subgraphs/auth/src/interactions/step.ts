import type { GatehouseError } from '@gatehouse/service-kit';
import type { InjectedResponse } from '../oidc/inject.ts';
import type { Exchange } from './answers.ts';
import type { Interaction } from './open-interaction.ts';

/** What a form or a script may do at an interaction. */
export type Step = {
  run(exchange: Exchange, interaction: Interaction, input: unknown): Promise<InjectedResponse>;
  /** The page again, when the person can do something about the refusal; undefined when not. */
  again?(
    exchange: Exchange,
    interaction: Interaction,
    input: unknown,
    error: GatehouseError,
  ): Promise<InjectedResponse | undefined>;
};
