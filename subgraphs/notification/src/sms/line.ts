import { z } from 'zod';

/** One line for a text, without characters that only a machine sees, cut where it gets too dear. */
export const line = (most: number) =>
  z
    .string()
    .transform((text) => text.replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ').trim())
    .transform((text) => (text.length > most ? `${text.slice(0, most - 1).trimEnd()}…` : text));
