export { Authenticator } from './authenticator.ts';
export { Browser, type Page } from './browser.ts';
export { type Fetch, fetchAsHost } from './fetch-as-host.ts';
export { type Answer, type AnswerError, type ClientOptions, GatehouseClient } from './gatehouse-client.ts';
export { type Mail, Mailbox } from './mailbox.ts';
export { PasskeyDevice, type PasskeyOptions, type Said } from './passkey-device.ts';
export {
  type Credentials,
  type NewAccount,
  newAddress,
  newPassword,
  type Person,
  people,
  randomText,
  type TokenSet,
} from './people.ts';
export type { Stream } from './stream.ts';
export { newContent, uploadDocument } from './upload-document.ts';
