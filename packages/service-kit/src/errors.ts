import { GraphQLError } from 'graphql';

/**
 * Every code a client can meet in `errors[].extensions.code`, and what it means. The list is closed:
 * `docs/errors.md` is tested equal to it.
 */
export const errorCodes = {
  UNAUTHENTICATED:
    'No token or API key, or one that is malformed, unknown, expired, revoked, not for this host or not for this address.',
  FORBIDDEN:
    'The caller is known but lacks the permission for this field or object, or is an API key where a person is needed.',
  INVALID_CREDENTIALS:
    'Sign-in refused. The same answer for an unknown account, a wrong password, and one that is pending, disabled or locked.',
  ACCOUNT_NOT_LINKED:
    'The identity provider has vouched for somebody who has no linked account here and gets none by it. Sign in another way and link it.',
  INVALID_CODE:
    'The code of a link or of a second factor, or the sign-in it is for, is unknown, wrong, used, replaced or expired.',
  PROVIDER_UNAVAILABLE:
    'The identity provider gave no answer that can be used; try again, or sign in another way.',
  STEP_UP_REQUIRED:
    'The authentication is too old or too weak for this; `stepUp` renews it (`maxAge` in seconds, `acr`).',
  INVALID_GRANT: 'The refresh token is unknown, used, expired or revoked.',
  BAD_USER_INPUT: 'An argument breaks a rule; `fields` lists each one as `{ path, message }`.',
  USERNAME_TAKEN: 'Another account of the tenant has this username.',
  EMAIL_TAKEN:
    'Another account of the tenant has this e-mail address (only told to those who may manage users).',
  NOT_FOUND: 'The object does not exist, or the caller may not know that it does.',
  CONFLICT: 'The object is not in a state that allows this change.',
  SESSION_REVOKED: 'The session or API key that this stream was opened with was ended.',
  TOKEN_EXPIRED: 'The token that this stream was opened with has expired; renew it and resume.',
  RESUME_REQUIRED:
    'The stream fell behind and was closed; open it again with `after` set to the last id received.',
  SCHEMA_CHANGED: 'The schema was replaced and the operation of this stream no longer fits it.',
  UNKNOWN_TENANT: 'This host belongs to no tenant.',
  TENANT_SUSPENDED:
    'The tenant of this host is suspended or deleted: it answers nothing until it is activated again.',
  RATE_LIMITED: 'Too many requests; `retryAfter` gives the seconds to wait.',
  ADDRESS_BLOCKED:
    'Requests from this address are not answered: an administrator, or what came from it, has seen to that.',
  OVERLOADED: 'The service is at its limit; try again after `retryAfter` seconds.',
  CONTENT_UNAVAILABLE:
    'The content of documents can’t be reached for now; try again after `retryAfter` seconds.',
  PAYLOAD_TOO_LARGE: 'The request body exceeds the limit.',
  UNSUPPORTED_MEDIA_TYPE: 'The content type is not one the endpoint reads.',
  BAD_REQUEST: 'The request is not a well-formed GraphQL request.',
  METHOD_NOT_ALLOWED: 'The HTTP method is not allowed here; mutations need POST.',
  CSRF_PREVENTED:
    'A browser could have sent this request across sites; send a JSON content type or an `x-gatehouse-csrf` header.',
  GRAPHQL_PARSE_FAILED: 'The document is not valid GraphQL syntax.',
  GRAPHQL_VALIDATION_FAILED: 'The document does not fit the schema.',
  OPERATION_RESOLUTION_FAILURE: 'No operation, or several and no `operationName`.',
  OPERATION_TOO_COMPLEX:
    'The document exceeds a limit: depth, aliases, root fields, directives, tokens, or estimated cost (with `cost` and `limit`).',
  OPERATION_NOT_TRUSTED: 'This endpoint runs only documents of its manifests, and this is none of them.',
  PERSISTED_QUERY_NOT_FOUND: 'No document is known by this hash; send its text along once.',
  PERSISTED_QUERY_NOT_SUPPORTED: 'This version of persisted queries is not supported; it is 1.',
  SUBGRAPH_UNAVAILABLE: 'A part of the graph did not answer; the rest of the answer stands.',
  INTERNAL_SERVER_ERROR: 'An unexpected failure. `requestId` finds it in the log; nothing else is told.',
} as const;

export type ErrorCode = keyof typeof errorCodes;

export const isErrorCode = (code: unknown): code is ErrorCode =>
  typeof code === 'string' && Object.hasOwn(errorCodes, code);

/** `reason` is a word that a form can act on, where the message alone would not do. */
export type FieldProblem = { path: string; message: string; reason?: string };

/** A refusal that the client is told about: a code of the closed list, a sentence, and nothing secret. */
export class GatehouseError extends GraphQLError {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, extensions: Record<string, unknown> = {}) {
    super(message, { extensions: { ...extensions, code } });
    this.name = 'GatehouseError';
    this.code = code;
  }
}

/** `BAD_USER_INPUT` with the fields that broke a rule. */
export const badInput = (...fields: [FieldProblem, ...FieldProblem[]]): GatehouseError =>
  new GatehouseError('BAD_USER_INPUT', fields.map((field) => `${field.path}: ${field.message}`).join('; '), {
    fields,
  });
