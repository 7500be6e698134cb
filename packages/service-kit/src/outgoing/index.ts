export { isPublicAddress } from './addresses.ts';
export { type OutgoingAnswer, OutgoingRefused, type OutgoingRequest, outgoing } from './outgoing.ts';
