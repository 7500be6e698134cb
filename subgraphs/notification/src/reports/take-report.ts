import { timingSafeEqual } from 'node:crypto';
import type { Database, Tx } from '@gatehouse/data';
import { lockDelivery, noteReport, recordBounced, recordComplained } from '../queries/reported-deliveries.ts';
import { addressKeyOf } from '../suppressions/address-key.ts';
import { isAddressGone } from '../suppressions/address-status.ts';
import { suppressAddress } from '../suppressions/suppress-address.ts';
import type { Delivery } from '../tables/delivery.ts';
import type { MailReport, RecipientStatus } from './read-report.ts';
import type { ReportId } from './report-id.ts';

/**
 * - bounced: the address is not there; it is suppressed
 * - failed: the mail did not arrive, for another reason
 * - noted: it is late, or did not reach somebody whom its recipient passes it on to
 * - complained: its reader called it unwanted; the address is suppressed for what is not asked for
 * - repeated: nothing that was not known before
 * - unknown: about no mail of ours, or about one of long ago
 * - ignored: a report that says nothing of this
 */
export const reportOutcomes = [
  'bounced',
  'failed',
  'noted',
  'complained',
  'repeated',
  'unknown',
  'ignored',
] as const;
export type ReportOutcome = (typeof reportOutcomes)[number];

/** RFC 5321, 4.5.4.1: a server gives up after four or five days; some take longer. People complain when they read. */
const believedDays = { 'delivery-status': 14, feedback: 30 };

/** RFC 5965, 7.3: `not-spam`, `auth-failure` and others are no complaints about a mail. */
const complaints = ['abuse', 'fraud', 'opt-out'];

/**
 * Records what a report says about a mail of ours, and suppresses its address where it has to be. Which mail it is, and so which tenant and
 * whose address, is known by the report id alone; what else the report says can only make it mean less.
 */
export async function takeReport(
  { database }: { database: Database },
  report: MailReport,
): Promise<ReportOutcome> {
  const [reportId, ...others] = report.reportIds;
  // Of no mail, or of several.
  if (!reportId || others.length > 0) return 'unknown';
  return await database.transaction(async (tx) => {
    const delivery = await lockDelivery(tx, reportId.deliveryId);
    if (!delivery || !isProof(reportId, delivery)) return 'unknown';
    if (ageInDays(delivery) > believedDays[report.kind]) return 'unknown';
    return report.kind === 'feedback'
      ? await takeComplaint(tx, delivery, report.type)
      : await takeStatus(tx, delivery, report.recipients);
  });
}

const ageInDays = ({ createdAt }: Delivery) => (Date.now() - createdAt.getTime()) / 86_400_000;

function isProof({ token }: ReportId, { reportToken, channel }: Delivery): boolean {
  if (channel !== 'email' || reportToken?.length !== token.length) return false;
  return timingSafeEqual(Buffer.from(reportToken), Buffer.from(token));
}

async function takeComplaint(tx: Tx, delivery: Delivery, type: string): Promise<ReportOutcome> {
  if (!complaints.includes(type)) return 'ignored';
  if (!(await recordComplained(tx, delivery.id, type))) return 'repeated';
  await suppressAddress(tx, delivery, { kind: 'complaint', reasonCode: type });
  return 'complained';
}

async function takeStatus(
  tx: Tx,
  delivery: Delivery,
  recipients: readonly RecipientStatus[],
): Promise<ReportOutcome> {
  const key = addressKeyOf(delivery.recipient);
  const own = recipients.find(({ address }) => addressKeyOf(address) === key);
  const { action, status } = own ?? recipients[0] ?? {};
  const reasonCode = status ?? 'unknown';
  // Somebody whom the recipient passes mail on to, or one of a list: the address we write to is there.
  if (action === 'delayed' || (action === 'failed' && !own)) {
    return (await noteReport(tx, delivery.id, reasonCode)) ? 'noted' : 'repeated';
  }
  if (action !== 'failed') return 'ignored';
  if (!(await recordBounced(tx, delivery.id, { reasonCode }))) return 'repeated';
  if (!isAddressGone(status)) return 'failed';
  await suppressAddress(tx, delivery, { kind: 'bounce', reasonCode });
  return 'bounced';
}
