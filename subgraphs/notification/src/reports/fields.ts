/** Fields by their names in lower case. */
export type Fields = ReadonlyMap<string, string>;

/** A mail of ours has one recipient; whoever says more about it says nothing. */
const maxGroups = 20;
/** RFC 5322, 2.1.1: a line has 998 characters. What is cut off is no address and no code. */
const maxValue = 998;

/** The first groups of fields of a header, a delivery status (RFC 3464, 2.1) or a feedback report (RFC 5965, 3.1); of a field given twice the first. */
export function fieldGroupsOf(text: string): Fields[] {
  const groups: Map<string, string>[] = [];
  let group: Map<string, string> | null = null;
  for (const line of text
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(/\n[ \t]+(?=\S)/g, ' ')
    .split('\n')) {
    if (line.trim() === '') {
      group = null;
      continue;
    }
    const colon = line.indexOf(':');
    if (colon < 1) continue;
    if (!group) {
      if (groups.length === maxGroups) break;
      group = new Map();
      groups.push(group);
    }
    const name = line.slice(0, colon).trim().toLowerCase();
    if (!group.has(name))
      group.set(
        name,
        line
          .slice(colon + 1)
          .trim()
          .slice(0, maxValue),
      );
  }
  return groups;
}
