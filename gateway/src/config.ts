import { BlockList, isIP } from 'node:net';
import { env } from '@gatehouse/service-kit';
import { z } from 'zod';
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
  /** Web origins, besides the endpoint's own, whose pages may call it. */
  corsOrigins: readonly string[];
  maxBodyBytes: number;
  limits: DocumentLimits;
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
  corsOrigins: [],
  maxBodyBytes: 262_144,
  limits: { depth: 15, aliases: 30, rootFields: 20, directives: 30, selections: 2_000, tokens: 3_000 },
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

/** Environment of a process that runs the gateway. */
export const gatewayEnvironment = {
  HOST: env.text(defaultGatewayConfig.host),
  PORT: env.port(defaultGatewayConfig.port),
  PUBLIC_URL: env.url('http', 'https').optional(),
  TRUSTED_PROXIES: list(addressRange),
  CORS_ORIGINS: list(webOrigin),
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
    corsOrigins: environment.CORS_ORIGINS,
  };
}

function isAddressRange(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const version = isIP(address);
  if (!version || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
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
