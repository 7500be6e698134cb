import type { Mail } from '@gatehouse/testkit/clients';
import { bounceMail, complaintMail } from '@gatehouse/testkit/mail-reports';
import { anyone, eventually, gatehouse } from './gatehouse.ts';

/** Posts a raw mail to where reports are taken, as the operator's mail server does; the status of the answer. */
export async function postReport(
  report: Uint8Array,
  headers: Record<string, string> = {},
  client = anyone,
): Promise<number> {
  const { status } = await client.fetch(`${gatehouse.url}/mail/reports`, {
    method: 'POST',
    headers: {
      'content-type': 'message/rfc822',
      authorization: `Bearer ${gatehouse.mailReportsSecret}`,
      ...headers,
    },
    body: new Uint8Array(report),
  });
  return status;
}

const headersOf = ({ messageId, to }: Mail) => ({ 'Message-ID': messageId ?? '', To: to });

/** What comes back of a mail whose address is not there. */
export const bounceOf = (mail: Mail) => bounceMail({ headers: headersOf(mail), recipient: mail.to });

/** What comes of a mail that its reader called unwanted. */
export const complaintOf = (mail: Mail) => complaintMail({ headers: headersOf(mail) });

type Client = typeof anyone;
export type Suppression = { id: string; kind: string; reasonCode: string; user: { email: string } | null };

export const suppressionsOf = async (client: Client, address: string): Promise<Suppression[]> => {
  const { suppressions } = await client.ask<{ suppressions: { nodes: Suppression[] } }>(
    `query ($address: String) { suppressions(filter: { address: $address }) {
      nodes { id kind reasonCode user { email } } } }`,
    { address },
  );
  return suppressions.nodes;
};

export const liftSuppression = (client: Client, suppressionId: string) =>
  client.ask(
    'mutation ($input: LiftSuppressionInput!) { liftSuppression(input: $input) { suppressionId } }',
    {
      input: { suppressionId },
    },
  );

/** What became of the mails to an address, newest first, once there are so many and none is on its way. */
export const settledDeliveries = (client: Client, recipient: string, count: number) =>
  eventually(async () => {
    const { deliveries } = await client.ask<{
      deliveries: { nodes: { template: string; status: string; reasonCode: string | null }[] };
    }>(
      `query ($recipient: String) { deliveries(filter: { recipient: $recipient }) {
        nodes { template status reasonCode } } }`,
      { recipient },
    );
    const { nodes } = deliveries;
    if (nodes.length < count || nodes.some(({ status }) => ['QUEUED', 'FAILED'].includes(status)))
      throw new Error(`not settled: ${JSON.stringify(nodes)}`);
    return nodes;
  });
