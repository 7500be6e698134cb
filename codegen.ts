import type { CodegenConfig } from '@graphql-codegen/cli';
import { subgraphNames } from './packages/service-kit/src/subgraph/subgraph.ts';

/** What codegen writes: resolver types of each subgraph, and typed documents for the calls services make to each other. */

const scalars = {
  DateTime: { input: 'Date', output: 'Date' },
  JSON: { input: 'unknown', output: 'unknown' },
  ID: { input: 'string', output: 'string' },
};

/** The shape a subgraph's resolvers receive for its objects: its own rows, not the finished GraphQL object. */
const mappers: Record<string, Record<string, string>> = {
  user: {
    User: '../src/resolvers/parents.ts#UserParent',
    Role: '../src/resolvers/parents.ts#RoleParent',
    Permission: '../src/resolvers/parents.ts#PermissionParent',
    Tenant: '../src/resolvers/parents.ts#TenantParent',
    TenantBranding: '../src/resolvers/parents.ts#TenantParent',
    TenantRecord: '../src/resolvers/parents.ts#TenantParent',
  },
  auth: {
    User: '../src/resolvers/parents.ts#UserParent',
    Session: '../src/resolvers/parents.ts#SessionParent',
    SecurityEvent: '../src/resolvers/parents.ts#SecurityEventParent',
    Client: '../src/resolvers/parents.ts#ClientParent',
    Consent: '../src/resolvers/parents.ts#ConsentParent',
    ApiKey: '../src/resolvers/parents.ts#ApiKeyParent',
    RiskPolicy: '../src/resolvers/parents.ts#RiskPolicyParent',
    BlockedAddress: '../src/resolvers/parents.ts#BlockedAddressParent',
    Mfa: '../src/resolvers/parents.ts#MfaParent',
    MfaFactor: '../src/resolvers/parents.ts#MfaFactorParent',
    MfaPolicy: '../src/resolvers/parents.ts#MfaPolicyParent',
    RememberedDevice: '../src/resolvers/parents.ts#RememberedDeviceParent',
    AuditEntry: '../src/resolvers/parents.ts#AuditEntryParent',
    IdentityProvider: '../src/resolvers/parents.ts#IdentityProviderParent',
    SignInProvider: '../src/resolvers/parents.ts#IdentityProviderParent',
    LinkedAccount: '../src/resolvers/parents.ts#LinkedAccountParent',
    AlertRule: '../src/resolvers/parents.ts#AlertRuleParent',
    AlertDelivery: '../src/resolvers/parents.ts#AlertDeliveryParent',
  },
  storage: {
    User: '../src/resolvers/parents.ts#UserParent',
    Document: '../src/resolvers/parents.ts#DocumentParent',
  },
  notification: {
    User: '../src/resolvers/parents.ts#UserParent',
    Notification: '../src/resolvers/parents.ts#NotificationParent',
    Delivery: '../src/resolvers/parents.ts#DeliveryParent',
    Suppression: '../src/resolvers/parents.ts#SuppressionParent',
  },
};

const resolverTypes = (name: string): CodegenConfig['generates'][string] => ({
  schema: [`subgraphs/${name}/schema/*.graphql`, 'packages/identity/src/federation-directives.graphql'],
  plugins: ['typescript', 'typescript-resolvers'],
  config: {
    scalars,
    federation: true,
    enumsAsTypes: true,
    useTypeImports: true,
    importExtension: '',
    emitLegacyCommonJSImports: false,
    contextType: '../src/context.ts#Context',
    mappers: mappers[name],
    defaultMapper: undefined,
    avoidOptionals: { field: true },
    inputMaybeValue: 'T | null | undefined',
    maybeValue: 'T | null',
    wrapFieldDefinitions: false,
    makeResolverTypeCallable: false,
  },
});

const callTypes = (folder: string): CodegenConfig['generates'][string] => ({
  schema: 'supergraph.graphql',
  documents: `${folder}/src/calls/*.graphql`,
  plugins: ['typescript-operations', 'typed-document-node'],
  config: {
    scalars: { ...scalars, DateTime: 'string', join__FieldSet: 'string', link__Import: 'string' },
    enumsAsTypes: true,
    onlyOperationTypes: true,
    useTypeImports: true,
    documentMode: 'string',
    emitLegacyCommonJSImports: false,
    importExtension: '',
  },
});

const callers = [
  'gateway',
  'subgraphs/user',
  'subgraphs/auth',
  'subgraphs/storage',
  'subgraphs/notification',
];

export const resolverConfig: CodegenConfig = {
  silent: true,
  generates: Object.fromEntries(
    subgraphNames.map((name) => [`subgraphs/${name}/generated/resolvers.ts`, resolverTypes(name)]),
  ),
};

export const callConfig = (withDocuments: (folder: string) => boolean): CodegenConfig => ({
  silent: true,
  generates: Object.fromEntries(
    callers.filter(withDocuments).map((folder) => [`${folder}/generated/calls.ts`, callTypes(folder)]),
  ),
});
