import { accounts } from './accounts.ts';
import { catalog } from './catalog.ts';
import { lists } from './lists.ts';
import { media } from './media.ts';
import { names } from './names.ts';
import { shipping } from './shipping.ts';
import { social } from './social.ts';
import type { TestSupergraph } from './supergraph.ts';

export type { TestSupergraph };
export { accounts, catalog, lists, media, names, shipping, social };

/** Together they use every feature of Federation 2 that the planner knows. */
export const testSupergraphs: readonly TestSupergraph[] = [
  catalog,
  media,
  shipping,
  accounts,
  lists,
  social,
  names,
];
