import { scalars } from '@gatehouse/service-kit/subgraph';
import { Mutation } from './mutation.ts';
import { Query, Subscription } from './query.ts';
import { Client, SecurityEvent, Session, User } from './types.ts';

export const resolvers = { ...scalars, Query, Mutation, Subscription, User, Session, SecurityEvent, Client };
