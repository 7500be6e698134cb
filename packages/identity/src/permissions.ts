/** Every permission the product itself asks for, `noun:verb`; they are the scopes of the tokens. Tenants may add more. */
export const permissions = {
  'profile:read':
    'See the own profile, documents and notifications; with an API key, the own security events too',
  'profile:write': 'Change the own profile',
  'users:read': 'See the users of the tenant',
  'users:write': 'Add, change, enable, disable and unlock users',
  'users:delete': 'Delete and restore users',
  'roles:read': 'See roles and permissions',
  'roles:write': 'Create, change and delete roles and permissions',
  'roles:assign': 'Assign and remove roles',
  'sessions:read': 'See the sessions of others',
  'sessions:revoke': 'End the sessions of others',
  'security-events:read': 'See the security events of the tenant',
  'security-events:write': 'Acknowledge security events',
  'alerts:read': 'See the alert rules and what became of their alerts',
  'alerts:write': 'Create, change and delete alert rules',
  'audit:read': 'See, verify and export the audit log of the tenant',
  'documents:create': 'Upload documents',
  'documents:read': 'See the documents of others',
  'documents:delete': 'Delete the documents of others',
  'notifications:read': 'See what became of mails, and the addresses that are written to no more',
  'notifications:write': 'Have addresses written to again',
  'clients:read': 'See the OAuth clients',
  'clients:write': 'Create and delete OAuth clients',
  'api-keys:read': 'See the API keys of others',
  'api-keys:write': 'Create and rotate API keys of clients, and revoke the API keys of others',
  'keys:rotate': 'Rotate the keys that tokens are signed with',
  'identity-providers:read': 'See the identity providers of the tenant and how they are',
  'identity-providers:write': 'Add, change and delete identity providers',
  'mfa-policies:read': 'See who has to have a second factor',
  'mfa-policies:write': 'Say who has to have a second factor',
  'blocked-addresses:read': 'See which addresses are refused',
  'blocked-addresses:write': 'Refuse addresses, and lift that',
  'risk-policies:read': 'See when a sign-in counts as a risk',
  'risk-policies:write': 'Say when a sign-in counts as a risk, and what follows',
  'tenant-settings:read': 'See the settings of the tenant',
  'tenant-settings:write': 'Change the branding of the tenant, and how people sign in to it',
  'tenants:read': 'See the tenants of the installation',
  'tenants:write': 'Create, change, suspend and delete the tenants of the installation',
  'graph:explore': 'Introspect the schema and use the playground',
} as const;

export type Permission = keyof typeof permissions;

export const permissionNames = Object.keys(permissions) as Permission[];

/** Permissions over the installation: they exist in the default tenant alone, and no other tenant can make one. */
export const installationPermissions: readonly Permission[] = ['tenants:read', 'tenants:write'];

const own: Permission[] = ['profile:read', 'profile:write', 'documents:create'];
const administration = permissionNames.filter(
  (name) => name !== 'roles:write' && !installationPermissions.includes(name),
);

/** Roles every tenant starts with. `system` roles can't be deleted or emptied. */
export const seededRoles: Record<string, { description: string; permissions: readonly Permission[] }> = {
  'super-admin': { description: 'Everything, in every part of the product', permissions: permissionNames },
  admin: { description: 'Manages the users of the tenant', permissions: administration },
  user: { description: 'A provisioned member of the tenant', permissions: own },
  'self-registration': { description: 'Registered alone; sees only the own profile', permissions: own },
};
