import type { IncomingMessage, ServerResponse } from 'node:http';
import { GatehouseError, type Logger } from '@gatehouse/service-kit';
import { type ClientInfo, discardLeftoverBody } from '@gatehouse/service-kit/subgraph';
import type { OperationTypeNode } from 'graphql';
import type { OperationMeasure } from '../metrics/measure-operations.ts';
import {
  type Exchange,
  type GraphqlParameters,
  newExchange,
  type Outcome,
  type Plugin,
  type Result,
} from '../operation/exchange.ts';
import { OperationRefused } from '../operation/refusal.ts';
import { isRunning, runPlugins } from '../operation/run-plugins.ts';
import { sendEventStream, singleResult } from '../streams/event-stream.ts';
import { sendJson, sendText, setRateLimits, setSecurityHeaders, writeJson } from './answer.ts';
import { authorizationOf } from './authorization.ts';
import { type BatchAnswer, createBatches } from './batch.ts';
import type { Cors } from './cross-site.ts';
import { preventCsrf } from './cross-site.ts';
import { HttpConnection } from './http-connection.ts';
import { type Answers, negotiate } from './negotiate.ts';
import { challengeOf, proofOf } from './proof.ts';
import { type Batch, readPost, readQueryString } from './read-parameters.ts';
import { describeRefusal } from './refusals.ts';

type Options = {
  plugins: readonly Plugin[];
  cors: Cors;
  maxBodyBytes: number;
  batchLimit: number;
  keepAliveMs: number;
  isTls: boolean;
  measure: OperationMeasure;
  logger: Logger;
};

export type GraphqlEndpoint = (
  request: IncomingMessage,
  response: ServerResponse,
  given: { search: string; client: ClientInfo },
) => void;

const [query, mutation, subscription] = ['query', 'mutation', 'subscription'] as OperationTypeNode[] as [
  OperationTypeNode,
  OperationTypeNode,
  OperationTypeNode,
];
const ofGet = { single: [query], stream: [query, subscription] };
const ofPost = { single: [query, mutation], stream: [query, mutation, subscription] };

const kindsOf = (method: string | undefined, stream: boolean): readonly OperationTypeNode[] =>
  (method === 'POST' ? ofPost : ofGet)[stream ? 'stream' : 'single'];

/** `/graphql` over HTTP, by the GraphQL over HTTP specification; results as JSON or as an event stream. */
export function createGraphqlEndpoint(options: Options): GraphqlEndpoint {
  const { plugins, cors, logger, isTls, measure } = options;
  const answerBatch = createBatches({ plugins, limit: options.batchLimit, measure, logger });

  /** The headers of every answer; true when that is the whole answer. */
  const begin = (request: IncomingMessage, response: ServerResponse): boolean => {
    discardLeftoverBody(request, response);
    setSecurityHeaders(response, isTls);
    if (cors.apply(request, response, 'GET, POST')) return true;
    response.setHeader('cache-control', 'no-store');
    return false;
  };

  const serve = (call: Call, search: string): void => {
    const { request, response, answers } = call;
    if (request.method !== 'POST' && request.method !== 'GET') {
      response.setHeader('allow', 'GET, POST');
      throw new GatehouseError('METHOD_NOT_ALLOWED', 'Use POST, or GET for queries.');
    }
    preventCsrf(request);
    if (!answers.json && !answers.stream) {
      if (call.isPlain) begin(request, response);
      notAcceptable(response);
    } else if (request.method === 'GET') {
      execute(call, readQueryString(search));
    } else {
      readPost(request, options.maxBodyBytes, (problem, parameters) => {
        try {
          if (problem || !parameters) throw problem;
          execute(call, parameters);
        } catch (error) {
          refuse(call, error);
        }
      });
    }
  };

  /** Without a promise, unless a plugin waits for something: most operations are answered before this returns. */
  const execute = (call: Call, parameters: GraphqlParameters | Batch): void => {
    const { request, response, client, answers } = call;
    const given = {
      authorization: authorizationOf(request),
      proof: proofOf(request),
      client,
      inboundTraceparent: single(request.headers.traceparent),
      connection: new HttpConnection(response),
      asksForCost: request.headers['x-gatehouse-cost'] === '1',
    };
    if ('batch' in parameters) {
      answerBatch(parameters.batch, given)
        .then((answer) => sendBatch(call, answer))
        .catch((error) => refuse(call, error));
      return;
    }
    const { authorization, proof, inboundTraceparent, connection, asksForCost } = given;
    const exchange = newExchange({
      parameters,
      authorization,
      proof,
      client,
      inboundTraceparent,
      allowedKinds: kindsOf(request.method, answers.stream),
      connection,
      takesText: answers.json !== null,
      asksForCost,
    });
    call.exchange = exchange;
    const running = runPlugins(plugins, exchange);
    if (isRunning(running)) {
      running.then((outcome) => answer(call, exchange, outcome)).catch((error) => refuse(call, error));
    } else {
      answer(call, exchange, running)?.catch((error) => refuse(call, error));
    }
  };

  const answer = (call: Call, exchange: Exchange, outcome: Outcome): Promise<void> | undefined => {
    const { request, response, answers } = call;
    const { requestId, usages } = exchange;
    measure.answered(exchange);
    if (call.isPlain && outcome.kind === 'text' && answers.json) {
      sendText(response, outcome.text, { contentType: answers.json, requestId, isTls, usages });
      return undefined;
    }
    if (call.isPlain) begin(request, response);
    response.setHeader('x-request-id', requestId);
    setRateLimits(response, usages);
    return send(response, outcome, answers, options.keepAliveMs);
  };

  const sendBatch = ({ request, response, answers, isPlain }: Call, answer: BatchAnswer): void => {
    if (isPlain) begin(request, response);
    response.setHeader('x-request-id', answer.requestId);
    if (answer.retryAfter) response.setHeader('retry-after', String(answer.retryAfter));
    setRateLimits(response, answer.usages);
    writeJson(response, answer.status, answer.text, answers.json ?? undefined);
  };

  const refuse = (call: Call, error: unknown): void => {
    const { request, response, answers, isPlain, exchange } = call;
    if (!exchange?.outcome) measure.refused(exchange, error);
    if (isPlain && !response.headersSent) begin(request, response);
    if (response.headersSent) return void response.destroy();
    if (exchange?.requestId) response.setHeader('x-request-id', exchange.requestId);
    if (exchange) setRateLimits(response, exchange.usages);
    const refusal = describeRefusal(error, { requestId: exchange?.requestId ?? '', logger });
    const isAboutDocument = error instanceof OperationRefused || refusal.status === 200;
    if (answers.stream && !answers.json && isAboutDocument) {
      const result = singleResult({ errors: refusal.errors });
      sendEventStream(response, result, options.keepAliveMs).catch(() => response.destroy());
      return;
    }
    if (refusal.status === 405 && !response.hasHeader('allow')) response.setHeader('allow', 'POST');
    if (refusal.status === 401) {
      response.setHeader('www-authenticate', challengeOf(request, refusal.errors));
    }
    if (refusal.retryAfter) response.setHeader('retry-after', String(refusal.retryAfter));
    const type = answers.json ?? 'application/json';
    const status = refusal.status === 200 && type !== 'application/json' ? 400 : refusal.status;
    sendJson(response, status, { errors: refusal.errors }, type);
  };

  return (request, response, { search, client }) => {
    // Most requests come from no page, and are answered in one go.
    const isPlain = request.method === 'POST' && request.headers.origin === undefined;
    if (!isPlain && begin(request, response)) return;
    if (request.method === 'OPTIONS') return void response.writeHead(204, { allow: 'GET, POST' }).end();
    const answers = negotiate(request.headers.accept);
    const call: Call = { request, response, client, answers, isPlain, exchange: undefined };
    try {
      serve(call, search);
    } catch (error) {
      refuse(call, error);
    }
  };
}

/** One request on its way. */
type Call = {
  request: IncomingMessage;
  response: ServerResponse;
  client: ClientInfo;
  answers: Answers;
  isPlain: boolean;
  exchange: Exchange | undefined;
};

async function send(response: ServerResponse, outcome: Outcome, answers: Answers, keepAliveMs: number) {
  if (outcome.kind === 'stream') return await sendEventStream(response, outcome.stream, keepAliveMs);
  if (outcome.kind === 'text') return writeJson(response, 200, outcome.text, answers.json ?? undefined);
  if (answers.json) return sendJson(response, 200, outcome.result, answers.json);
  return await sendEventStream(response, singleResult(outcome.result as Result), keepAliveMs);
}

function notAcceptable(response: ServerResponse): void {
  const message =
    'This endpoint answers application/graphql-response+json, application/json and text/event-stream.';
  sendJson(response, 406, { errors: [{ message, extensions: { code: 'BAD_REQUEST' } }] });
}

const single = (header: string | string[] | undefined) => (Array.isArray(header) ? header[0] : header);
