import { PasskeyDevice, type PasskeyOptions, type Person, type Said } from '@gatehouse/testkit/clients';
import { gatehouse } from './gatehouse.ts';
import { tokenFields } from './mfa.ts';

export const newDevice = () => new PasskeyDevice(gatehouse.url);

export const startPasskey = 'mutation { startPasskey { options expiresAt } }';
export const confirmPasskey = `mutation ($input: ConfirmPasskeyInput!) {
  confirmPasskey(input: $input) { factor { id method name backedUp } backupCodes }
}`;
export const startPasskeySignIn = `mutation ($input: StartPasskeySignInInput) {
  startPasskeySignIn(input: $input) { challengeId options }
}`;
export const signInWithPasskey = `mutation ($input: SignInWithPasskeyInput!) {
  signInWithPasskey(input: $input) { ${tokenFields} }
}`;
export const startPasskeyStepUp = 'mutation { startPasskeyStepUp { options } }';

type Client = Person['client'];

/** What a new passkey of somebody signed in is to be made for. */
export const creationOptions = async (client: Client): Promise<PasskeyOptions> =>
  (await client.ask<{ startPasskey: { options: PasskeyOptions } }>(startPasskey)).startPasskey.options;

/** Adds a passkey to somebody's account. */
export async function addPasskey({ client }: Pick<Person, 'client'>, device = newDevice()) {
  const passkey = device.create(await creationOptions(client));
  const { confirmPasskey: added } = await client.ask<{
    confirmPasskey: { factor: { id: string; method: string }; backupCodes: string[] | null };
  }>(confirmPasskey, { input: { passkey, name: 'my phone' } });
  return { device, factorId: added.factor.id, backupCodes: added.backupCodes };
}

/** What is to be signed to sign in: without a password, or for a challenge. */
export async function signInOptions(client: Client, challengeId?: string) {
  const { startPasskeySignIn: started } = await client.ask<{
    startPasskeySignIn: { challengeId: string; options: PasskeyOptions };
  }>(startPasskeySignIn, challengeId ? { input: { challengeId } } : {});
  return started;
}

/** The code that a sign-in without a password is refused with; null when it was not. */
export async function passkeyRefusal(client: Client, device: PasskeyDevice, said: Said = {}) {
  const { challengeId, options } = await signInOptions(client);
  return client.refusal(signInWithPasskey, { input: { challengeId, passkey: device.get(options, said) } });
}
