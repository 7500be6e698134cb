import type { Interaction } from './open-interaction.ts';

/** The person said no: the client is told `access_denied` (RFC 6749 §4.1.2.1). */
export async function abortInteraction(interaction: Interaction): Promise<void> {
  interaction.result = { error: 'access_denied', error_description: 'the person declined' };
  await interaction.persist();
}
