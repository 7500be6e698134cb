import { GatehouseError } from '@gatehouse/service-kit';
import type { Exchange, Plugin } from '../operation/exchange.ts';
import type { KnownDocuments } from '../operation/persisted/known-documents.ts';
import { namedDocument } from '../operation/persisted/named-document.ts';
import type { TrustedDocuments } from '../operation/persisted/trusted-documents.ts';

type Parts = {
  known: KnownDocuments;
  trusted: TrustedDocuments;
  /** Whether documents outside of the manifests are executed. */
  acceptsAny: boolean;
};

/**
 * Finds the document: as it was sent, or by the hash or id that names it. A text that comes with its hash is kept under it
 * once it has proved good (Apollo's automatic persisted queries). Where only trusted documents run, nothing else gets past
 * this point: it is not even parsed, and nobody is an exception.
 */
export const persistedOperation = ({ known, trusted, acceptsAny }: Parts): Plugin => {
  const byText = (exchange: Exchange, id: string | undefined, text: string): void => {
    if (!acceptsAny && !trusted.has(text)) throw notTrusted();
    exchange.source = text;
    if (id === undefined || trusted.find(id) === text) return;
    if (!known.isTextOf(id, text))
      throw new GatehouseError('BAD_REQUEST', 'The hash is not the SHA-256 of the document sent with it.');
    if (acceptsAny) exchange.keepAs = id;
  };

  const byId = (exchange: Exchange, id: string): void | Promise<void> => {
    const reviewed = trusted.find(id);
    if (reviewed !== undefined) {
      exchange.source = reviewed;
      return;
    }
    if (!acceptsAny) throw notTrusted();
    const found = known.find(id);
    const settle = (text: string | undefined) => {
      if (text === undefined) throw new GatehouseError('PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound');
      exchange.source = text;
    };
    return found instanceof Promise ? found.then(settle) : settle(found);
  };

  return {
    name: 'persisted-operation',
    run(exchange) {
      const { parameters } = exchange;
      const id = namedDocument(parameters);
      if (parameters.query) return byText(exchange, id, parameters.query);
      if (id !== undefined) return byId(exchange, id);
      throw new GatehouseError(
        'BAD_REQUEST',
        '`query` must be the text of a GraphQL document, or `documentId` or `persistedQuery` name one.',
      );
    },
  };
};

const notTrusted = () =>
  new GatehouseError('OPERATION_NOT_TRUSTED', 'Only documents of the manifests are executed here.');
