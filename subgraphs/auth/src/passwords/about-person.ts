/** What is known of whoever chooses a password. */
export type AboutPerson = {
  email?: string | null | undefined;
  username?: string | null | undefined;
  firstName?: string | null | undefined;
  lastName?: string | null | undefined;
  tenantName?: string | null | undefined;
};

/** Shorter words stand in too many good passwords. */
const shortestWord = 3;

/** Letters alone, lower case: what is left of `Ada.Lovelace-1815!` is `adalovelace`. */
export const lettersOf = (text: string): string => text.toLowerCase().replace(/[^\p{L}]/gu, '');

/** Whether a password is no more than what anybody knows of the person, with digits and signs around it. */
export function isAboutPerson(password: string, about: AboutPerson): boolean {
  const { email, username, firstName, lastName, tenantName } = about;
  const given = password.toLowerCase();
  if (email && given === email.toLowerCase()) return true;
  const [first, last] = [firstName ?? '', lastName ?? ''];
  const words = [email, email?.split('@')[0], username, first, last, first + last, last + first, tenantName]
    .map((word) => lettersOf(word ?? ''))
    .filter((word) => word.length >= shortestWord);
  return words.includes(lettersOf(password));
}
