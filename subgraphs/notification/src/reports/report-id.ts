import type { Delivery } from '../tables/delivery.ts';

/**
 * What a mail takes along so that a report of it finds its delivery: the delivery's id and a secret part, 48 hexadecimal digits. It stands in
 * the envelope sender, in ENVID, in `Message-ID` and in a header of its own, since each of them is lost somewhere.
 */
export const reportIdOf = ({ id, reportToken }: Pick<Delivery, 'id' | 'reportToken'>): string =>
  id.replaceAll('-', '') + (reportToken ?? '');

/** A header that relays and feedback loops leave alone where they write a `Message-ID` of their own. */
export const reportHeader = 'x-gatehouse-report';

export const messageIdOf = (reportId: string): string => `<${reportId}@gatehouse>`;

/** `bounces@mail.example` as the envelope sender of one mail: `bounces+<report id>@mail.example` (variable envelope return path). */
export function returnPathOf(address: string, reportId: string): string {
  const at = address.lastIndexOf('@');
  return `${address.slice(0, at)}+${reportId}${address.slice(at)}`;
}

export type ReportId = { deliveryId: string; token: string };

const shape = /^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})([0-9a-f]{16})$/;

function parse(text: string): ReportId | null {
  const [, a, b, c, d, e, token] = shape.exec(text.toLowerCase()) ?? [];
  return token ? { deliveryId: `${a}-${b}-${c}-${d}-${e}`, token } : null;
}

/** The report ids in an envelope sender, a `Message-ID`, or alone. */
export const findReportIds = (text: string): ReportId[] =>
  (text.match(/(?<![0-9a-z])[0-9a-f]{48}(?![0-9a-z])/gi) ?? []).flatMap((found) => parse(found) ?? []);
