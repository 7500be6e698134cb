/** The built-in client that people use the product itself with, in every tenant. */
export const firstPartyClientId = 'gatehouse';

export const isBuiltIn = ({ clientId }: { clientId: string }): boolean => clientId === firstPartyClientId;
