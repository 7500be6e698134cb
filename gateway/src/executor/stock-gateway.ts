type StockGateway = typeof import('@apollo/gateway');

let loaded: Promise<StockGateway> | undefined;

/** `@apollo/gateway`, loaded when somebody needs it: it brings 30 MB along that most processes never use. */
export const stockGateway = (): Promise<StockGateway> => {
  loaded ??= import('@apollo/gateway');
  return loaded;
};
