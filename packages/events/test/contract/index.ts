export { type BusFactory, eventBusContract } from './event-bus.ts';
