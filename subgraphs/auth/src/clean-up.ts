import { forgetProcessedEvents } from '@gatehouse/events';
import { removeOldEntries } from './audit/sign-checkpoints.ts';
import { deleteAlertDeliveriesBefore } from './queries/alert-deliveries.ts';
import { deleteOldApiKeys } from './queries/api-keys.ts';
import { deleteExpiredArtifacts } from './queries/artifacts.ts';
import { deleteExpiredBlocks } from './queries/blocked-addresses.ts';
import { deleteExpiredPreparedPasswords } from './queries/credentials.ts';
import { deleteExpiredEmailChanges } from './queries/email-changes.ts';
import { deleteExpiredExternalLogins } from './queries/external-logins.ts';
import { deleteExternalSessionsBefore } from './queries/external-sessions.ts';
import { deleteExpiredSignUps } from './queries/external-sign-ups.ts';
import { deleteOldIssuedTokens } from './queries/issued-tokens.ts';
import { deleteExpiredChallenges } from './queries/mfa-challenges.ts';
import { deleteQuietNetworks } from './queries/network-guard.ts';
import { deleteExpiredCodes } from './queries/one-time-codes.ts';
import { deleteExpiredPasskeyChallenges } from './queries/passkey-challenges.ts';
import { deleteExpiredPhoneConfirmations } from './queries/phone-confirmations.ts';
import { deleteExpiredDevices } from './queries/remembered-devices.ts';
import { deleteSecurityEventsBefore } from './queries/security-events.ts';
import { deleteOldSessionClients } from './queries/session-clients.ts';
import { deleteOldSessions } from './queries/sessions.ts';
import { deleteOldPlaces } from './queries/sign-in-places.ts';
import type { Services } from './services.ts';
import { processedEvent } from './tables/outbox.ts';

const everyMs = 60_000;
const batch = 5_000;
const dayMs = 86_400_000;
/** Longer than an event is redelivered. */
const processedEventDays = 30;
/** Somebody who has been away for so long is a stranger again. */
const placeDays = 180;

/** Removes what has expired, in batches, so that no lock is long. */
export async function cleanUp(services: Services): Promise<void> {
  const { config, database } = services;
  const { db } = database;
  const daysAgo = (days: number) => new Date(Date.now() - days * dayMs);
  await inBatches(() => deleteExpiredArtifacts(db, [batch]));
  await inBatches(() => deleteOldSessions(db, [batch]));
  await inBatches(() => deleteOldIssuedTokens(db, [config.issuedTokenDays, batch]));
  await inBatches(() => deleteOldApiKeys(db, [batch]));
  const sessionDays = Math.ceil(config.sessionAbsoluteTtl / 86_400) + processedEventDays;
  await inBatches(() => deleteOldSessionClients(db, [sessionDays, batch]));
  await deleteExpiredPreparedPasswords(db);
  await deleteExpiredChallenges(db);
  await deleteExpiredPasskeyChallenges(db);
  await deleteExpiredDevices(db);
  await deleteExpiredPhoneConfirmations(db);
  await deleteExpiredEmailChanges(db);
  await deleteExpiredExternalLogins(db);
  await deleteExpiredSignUps(db);
  await deleteExternalSessionsBefore(db, daysAgo(sessionDays));
  await deleteExpiredBlocks(db);
  await deleteQuietNetworks(db, Math.max(config.blockWindowSeconds, config.blockMaxSeconds * 7));
  await deleteOldPlaces(db, daysAgo(placeDays));
  await deleteExpiredCodes(db, daysAgo(30));
  await deleteSecurityEventsBefore(db, daysAgo(config.securityEventDays));
  await deleteAlertDeliveriesBefore(db, daysAgo(30));
  await removeOldEntries(services);
  await forgetProcessedEvents(database, processedEvent, daysAgo(processedEventDays));
}

async function inBatches(remove: () => Promise<unknown[]>): Promise<void> {
  while ((await remove()).length === batch);
}

/** Cleans up every minute until it is stopped. */
export function startCleanUp(services: Services) {
  let running: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    running = cleanUp(services).catch((err: unknown) => services.logger.warn({ err }, 'clean-up failed'));
  }, everyMs).unref();
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
