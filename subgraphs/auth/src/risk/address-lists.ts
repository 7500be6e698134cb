import { type Logger, RangeMap } from '@gatehouse/service-kit';
import { followFile } from './followed-file.ts';

export type AddressLists = {
  has(ipAddress: string): boolean;
  look(): void;
  stop(): Promise<void>;
};

/** Lists of addresses that sign-ins are not expected from (Tor, VPN, scanners): one address or CIDR range to a line, `#` begins a remark. */
export function openAddressLists(files: readonly string[], logger: Logger): AddressLists {
  const lists = files.map((file) =>
    followFile({ setting: 'ADDRESS_LISTS', file, parse: (content) => rangesIn(content.toString()), logger }),
  );
  return {
    has: (ipAddress) => lists.some(({ current }) => current.find(ipAddress).length > 0),
    look: () => {
      for (const list of lists) list.look();
    },
    async stop() {
      for (const list of lists) list.stop();
    },
  };
}

/** Throws at a line that is no range: half a list is not what the operator means. */
function rangesIn(text: string): RangeMap<true> {
  const ranges = new RangeMap<true>();
  for (const [index, line] of text.split('\n').entries()) {
    const range = line.split(/[#;]/)[0]?.trim();
    if (range && !ranges.add(range, true)) throw new Error(`line ${index + 1} is no address or CIDR range`);
  }
  return ranges;
}
