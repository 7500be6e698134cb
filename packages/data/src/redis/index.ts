export { openRedis, type RedisClient, type RedisConnection } from './connection.ts';
export { openRedisKeyValue } from './key-value.ts';
export { openRedisPubSub, type RedisPubSubOptions } from './pub-sub.ts';
