import { createHash } from 'node:crypto';
import type { Services } from '../services.ts';

const waitMs = 2_000;

/**
 * Whether a password is known from breaches, by a range service (k-anonymity): it is sent five digits of the password's
 * SHA-1 and answers `SUFFIX:COUNT` lines. A service that does not answer in time keeps nobody from their password.
 */
export async function isBreached(
  { outgoing, logger }: Pick<Services, 'outgoing' | 'logger'>,
  url: string,
  password: string,
): Promise<boolean> {
  const digest = createHash('sha1').update(password).digest('hex').toUpperCase();
  const [prefix, suffix] = [digest.slice(0, 5), digest.slice(5)];
  let timer: NodeJS.Timeout | undefined;
  try {
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('no answer in time')), waitMs);
    });
    const asked = outgoing.request(`${url.replace(/\/$/, '')}/${prefix}`, {
      method: 'GET',
      headers: { 'add-padding': 'true' },
    });
    const { status, body } = await Promise.race([asked, late]);
    if (status !== 200) throw new Error(`answered with status ${status}`);
    // Padding has the count 0.
    return body.split('\n').some((line) => {
      const [found, count] = line.trim().split(':');
      return found?.toUpperCase() === suffix && Number(count) > 0;
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    logger.warn({ reason }, 'breached passwords could not be looked up');
    return false;
  } finally {
    clearTimeout(timer);
  }
}
