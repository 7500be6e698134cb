import type { exchangeOf } from '../oidc/inject.ts';
import type { Issuer } from '../oidc/issuers.ts';
import type { Services } from '../services.ts';

/** Where cookies are read from and written to. */
type Exchange = { services: Services; issuer: Issuer; http: ReturnType<typeof exchangeOf> };

/** Ties the browser to a session. */
export const setSessionCookie = (exchange: Exchange, value: string): void =>
  set(exchange, exchange.issuer.provider.cookieName('session'), {
    value,
    seconds: exchange.services.config.sessionAbsoluteTtl,
  });

/** Lets the browser show itself as a remembered device. */
export const setDeviceCookie = (exchange: Exchange, value: string): void =>
  set(exchange, deviceCookie(exchange), { value, seconds: exchange.services.config.deviceTtl });

/** What the browser shows itself with, if it is remembered. */
export const deviceTokenOf = (exchange: Exchange): string | undefined =>
  cookiesOf(exchange).get(deviceCookie(exchange), { signed: true });

const isTls = ({ issuer }: Exchange): boolean => issuer.tenant.publicUrl.startsWith('https:');
const deviceCookie = (exchange: Exchange): string => `${isTls(exchange) ? '__Host-' : ''}gatehouse_device`;
const cookiesOf = ({ issuer, http }: Exchange) => issuer.provider.createContext(http.req, http.res).cookies;

function set(exchange: Exchange, name: string, { value, seconds }: { value: string; seconds: number }): void {
  const cookies = cookiesOf(exchange);
  const secure = isTls(exchange);
  cookies.secure = secure;
  cookies.set(name, value, {
    httpOnly: true,
    sameSite: 'lax',
    signed: true,
    secure,
    path: '/',
    maxAge: seconds * 1000,
  });
}
