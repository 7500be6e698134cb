import { BlockList, isIP } from 'node:net';
import { fileURLToPath } from 'node:url';
import { env, isAddressRange } from '@gatehouse/service-kit';
import { z } from 'zod';
import type { RateLimits } from './rates/policies.ts';
import { ownSupergraphFile } from './supergraph/follow-file.ts';

export type DocumentLimits = {
  /** Nesting of fields, fragments expanded. The usual introspection query needs 15. */
  depth: number;
  aliases: number;
  rootFields: number;
  directives: number;
  /** Selections in all, fragments expanded: what the planner has to look at. */
  selections: number;
  /** Lexical tokens of the document as sent. */
  tokens: number;
};

export type GatewayConfig = {
  host: string;
  port: number;
  /** Scheme and host of the default tenant; its scheme is what `X-Forwarded-Proto` tells the subgraphs. */
  publicUrl: string;
  /** Peers whose X-Forwarded-For is believed: addresses and CIDR ranges. */
  trustedProxies: readonly string[];
  /** Addresses and CIDR ranges that are answered whatever is blocked. */
  neverBlocked: readonly string[];
  /** Web origins, besides the endpoint's own, whose pages may call it. */
  corsOrigins: readonly string[];
  maxBodyBytes: number;
  limits: DocumentLimits;
  /** Operations that one request may carry; 0: one, and no list. */
  batchLimit: number;
  /** Estimated cost past which an operation is refused; 0 is no limit. */
  costLimit: number;
  /** For operations prepared and planned, together. */
  operationCacheBytes: number;
  rates: RateLimits;
  /** Manifests of trusted documents. */
  trustedDocuments: readonly string[];
  /** Whether documents outside of the manifests are executed. */
  operations: 'any' | 'trusted';
  streams: {
    maxPerConnection: number;
    maxMessageBytes: number;
    /** Events kept for a client that reads slower than they come; then their source waits. */
    maxWaitingEvents: number;
    /** A client that takes no event for this long, its buffer being full, is cut: `RESUME_REQUIRED`. */
    stallMs: number;
    initTimeoutMs: number;
    keepAliveMs: number;
  };
  /** How long a boot waits for remote subgraphs. */
  bootTimeoutMs: number;
};

export const defaultGatewayConfig: GatewayConfig = {
  host: '127.0.0.1',
  port: 4000,
  publicUrl: 'http://localhost:4000',
  trustedProxies: [],
  neverBlocked: ['127.0.0.0/8', '::1'],
  corsOrigins: [],
  maxBodyBytes: 262_144,
  limits: { depth: 15, aliases: 30, rootFields: 20, directives: 30, selections: 2_000, tokens: 3_000 },
  batchLimit: 0,
  costLimit: 10_000,
  operationCacheBytes: 24 * 1_048_576,
  rates: {
    windowSeconds: 60,
    anonymous: 1_200,
    address: 12_000,
    user: 3_000,
    client: 12_000,
    apiKey: 3_000,
    cost: 200_000,
    tokenFailures: 300,
    operations: {
      login: 120,
      register: 60,
      confirmRegistration: 60,
      resendConfirmation: 30,
      requestPasswordReset: 30,
      resetPassword: 60,
      verifyMfa: 120,
      startPasskeySignIn: 120,
      signInWithPasskey: 120,
      sendMfaCode: 30,
      refreshToken: 600,
    },
  },
  trustedDocuments: [],
  operations: 'any',
  streams: {
    maxPerConnection: 20,
    maxMessageBytes: 65_536,
    maxWaitingEvents: 128,
    stallMs: 10_000,
    initTimeoutMs: 5_000,
    keepAliveMs: 12_000,
  },
  bootTimeoutMs: 60_000,
};

const list = <S extends z.ZodType<string, string>>(item: S) =>
  z
    .string()
    .transform((text) => text.split(',').flatMap((part) => (part.trim() ? [part.trim()] : [])))
    .pipe(z.array(item))
    .default([]);

const addressRange = z.string().refine(isAddressRange, { error: 'must list IP addresses or CIDR ranges' });
const webOrigin = z.string().refine((text) => URL.canParse(text) && new URL(text).origin === text, {
  error: 'must list origins such as https://app.example.com',
});

const operationQuota = /^([A-Za-z_]\w*)=(\d{1,9})$/;
/** `login=120,register=60` */
const operationQuotas = z
  .string()
  .refine((text) => text.split(',').every((part) => operationQuota.test(part.trim())), {
    error: 'must list root fields with their quotas, such as login=120,register=60',
  })
  .transform((text) =>
    Object.fromEntries(
      text.split(',').map((part): [string, number] => {
        const [, field = '', quota] = operationQuota.exec(part.trim()) ?? [];
        return [field, Number(quota)];
      }),
    ),
  );

const { rates } = defaultGatewayConfig;
const quota = (fallback: number) => env.count(fallback, 0, 1_000_000_000);
/** The operations of the SDK. */
const ownDocuments = fileURLToPath(new URL('../../sdk/operations/manifest.json', import.meta.url));

/** Environment of a process that runs the gateway. */
export const gatewayEnvironment = {
  HOST: env.text(defaultGatewayConfig.host),
  PORT: env.port(defaultGatewayConfig.port),
  PUBLIC_URL: env.url('http', 'https').optional(),
  TRUSTED_PROXIES: list(addressRange),
  NEVER_BLOCKED: env.addressRanges(defaultGatewayConfig.neverBlocked.join()),
  CORS_ORIGINS: list(webOrigin),
  BATCH_LIMIT: env.count(defaultGatewayConfig.batchLimit, 0, 100),
  COST_LIMIT: quota(defaultGatewayConfig.costLimit),
  OPERATION_CACHE_MB: env.count(24, 1, 4_096),
  OPERATIONS: z.enum(['any', 'trusted'], { error: 'must be any or trusted' }).default('any'),
  TRUSTED_DOCUMENTS: list(z.string()),
  RATE_WINDOW: env.count(rates.windowSeconds, 1, 3_600),
  RATE_ANONYMOUS: quota(rates.anonymous),
  RATE_ADDRESS: quota(rates.address),
  RATE_USER: quota(rates.user),
  RATE_CLIENT: quota(rates.client),
  RATE_API_KEY: quota(rates.apiKey),
  RATE_COST: quota(rates.cost),
  RATE_TOKEN_FAILURES: quota(rates.tokenFailures),
  RATE_OPERATIONS: operationQuotas.default(rates.operations),
  SUPERGRAPH_FILE: env.text(ownSupergraphFile),
};

const gatewaySchema = z.object(gatewayEnvironment);

/** The gateway's configuration from the parsed environment. */
export function gatewayConfigOf(environment: z.output<typeof gatewaySchema>): GatewayConfig {
  return {
    ...defaultGatewayConfig,
    host: environment.HOST,
    port: environment.PORT,
    publicUrl: environment.PUBLIC_URL ?? `http://localhost:${environment.PORT}`,
    trustedProxies: environment.TRUSTED_PROXIES,
    neverBlocked: environment.NEVER_BLOCKED,
    corsOrigins: environment.CORS_ORIGINS,
    batchLimit: environment.BATCH_LIMIT,
    costLimit: environment.COST_LIMIT,
    operationCacheBytes: environment.OPERATION_CACHE_MB * 1_048_576,
    operations: environment.OPERATIONS,
    trustedDocuments:
      environment.TRUSTED_DOCUMENTS.length > 0 ? environment.TRUSTED_DOCUMENTS : [ownDocuments],
    rates: {
      windowSeconds: environment.RATE_WINDOW,
      anonymous: environment.RATE_ANONYMOUS,
      address: environment.RATE_ADDRESS,
      user: environment.RATE_USER,
      client: environment.RATE_CLIENT,
      apiKey: environment.RATE_API_KEY,
      cost: environment.RATE_COST,
      tokenFailures: environment.RATE_TOKEN_FAILURES,
      operations: environment.RATE_OPERATIONS,
    },
  };
}

/** Addresses and CIDR ranges as a list that can be asked. */
export function addressList(ranges: readonly string[]): BlockList {
  const addresses = new BlockList();
  for (const range of ranges) {
    const [address = '', prefix] = range.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (prefix === undefined) addresses.addAddress(address, family);
    else addresses.addSubnet(address, Number(prefix), family);
  }
  return addresses;
}
