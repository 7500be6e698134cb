import type { InjectedResponse } from '../oidc/inject.ts';
import type { Exchange } from './answers.ts';
import { setSessionCookie } from './browser-cookies.ts';
import type { BrowserSession } from './complete-sign-in.ts';
import type { Interaction } from './open-interaction.ts';
import { showBackupCodes } from './show.ts';

/** The browser is signed in with a first factor that was just added; its backup codes are shown this once. */
export function signedInWith(
  exchange: Exchange,
  interaction: Interaction,
  { cookie, backupCodes }: BrowserSession & { backupCodes: string[] },
): Promise<InjectedResponse> {
  setSessionCookie(exchange, cookie);
  return showBackupCodes(exchange, interaction, backupCodes);
}
