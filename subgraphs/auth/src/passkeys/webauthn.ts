/** Loaded with the first passkey: 27 MB that many processes never need. */
export const webauthn = () => import('@simplewebauthn/server');
