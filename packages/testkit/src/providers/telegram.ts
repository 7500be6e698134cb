import { createHash, createHmac } from 'node:crypto';

type Fields = {
  id: string;
  firstName?: string;
  lastName?: string;
  username?: string;
  photoUrl?: string;
  authDate: number;
};

/** What the Telegram login widget hands to a page, signed with the token of the bot. */
export function telegramPayload(botToken: string, given: Partial<Fields> & { id: string }) {
  const fields: Fields = { authDate: Math.floor(Date.now() / 1000), ...given };
  const text = Object.entries({
    auth_date: fields.authDate,
    first_name: fields.firstName,
    id: fields.id,
    last_name: fields.lastName,
    photo_url: fields.photoUrl,
    username: fields.username,
  })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n');
  const key = createHash('sha256').update(botToken).digest();
  return { ...fields, hash: createHmac('sha256', key).update(text).digest('hex') };
}
