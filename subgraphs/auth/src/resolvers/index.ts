import { scalars } from '@gatehouse/service-kit/subgraph';
import { AlertDelivery, AlertRule } from './alert.ts';
import { AuditEntry } from './audit.ts';
import { IdentityProvider, LinkedAccount, SignInProvider } from './federation.ts';
import { Mutation } from './mutation.ts';
import { Query, Subscription } from './query.ts';
import { Session } from './session.ts';
import {
  ApiKey,
  BlockedAddress,
  Client,
  Consent,
  Mfa,
  MfaFactor,
  MfaPolicy,
  RememberedDevice,
  RiskPolicy,
  SecurityEvent,
  User,
} from './types.ts';

export const resolvers = {
  ...scalars,
  Query,
  Mutation,
  Subscription,
  User,
  Session,
  SecurityEvent,
  Client,
  ApiKey,
  BlockedAddress,
  Consent,
  Mfa,
  MfaFactor,
  MfaPolicy,
  RememberedDevice,
  IdentityProvider,
  SignInProvider,
  LinkedAccount,
  RiskPolicy,
  AuditEntry,
  AlertRule,
  AlertDelivery,
};
