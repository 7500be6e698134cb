export { originOf } from '@gatehouse/identity';
