/**
 * What says that the address itself is not there (RFC 3463; 5.1.10 is RFC 7505): others speak of us, of the message, or of a server, which
 * would have every address suppressed when a relay is set up wrong. So does an answer without such a code: `550` is said to all of it.
 */
const gone: readonly string[] = [
  '5.1.1', // no such mailbox
  '5.1.2', // no such host
  '5.1.3', // not an address there
  '5.1.6', // has moved, nobody knows where
  '5.1.10', // its domain takes no mail
  '5.2.1', // switched off
];

export const isAddressGone = (status: string | null | undefined): status is string =>
  status != null && gone.includes(status);
