export { isPublicAddress } from './addresses.ts';
export {
  createOutgoing,
  type Outgoing,
  type OutgoingAnswer,
  OutgoingError,
  type OutgoingRequest,
  type Resolve,
} from './outgoing.ts';
export { problemOfUrl } from './problem-of-url.ts';
