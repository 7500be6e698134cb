import { silentLogger } from '@gatehouse/testkit';
import { openRedis, openRedisKeyValue, openRedisPubSub } from '../src/redis/index.ts';

// Says what a message brings and what was kept, or that there is no connection.
const connection = openRedis({ url: process.argv[2] ?? '', logger: silentLogger });
try {
  if (await connection.ready()) {
    const keyValue = openRedisKeyValue(connection);
    const pubSub = openRedisPubSub({ connection, logger: silentLogger });
    await keyValue.set('kept', 'well');
    const { promise, resolve } = Promise.withResolvers<object>();
    await (await pubSub.subscribe('channel', () => {}))();
    await pubSub.subscribe('channel', resolve);
    await pubSub.publish('channel', { heard: true });
    process.stdout.write(`${JSON.stringify(await promise)} ${await keyValue.get('kept')}`);
    await pubSub.close();
  } else process.stdout.write('no connection');
} catch (error) {
  process.stdout.write((error as Error).message);
}
await connection.close();
