import { setTimeout as delay } from 'node:timers/promises';
import { StartupError, within } from '@gatehouse/service-kit';
import { Admin, type ConfigDescription } from '@platformatic/kafka';
import { clientOptions, isAnswer, isRefusal, type KafkaSettings, reasonOf } from './settings.ts';
import type { TopicNames } from './topic-names.ts';

const day = 86_400_000;
/** How long events stay, whether or not they have been read. */
const retentionMs = 7 * day;
const deadLetterRetentionMs = 30 * day;
const maxMessageBytes = 4_194_304;
const limitMs = 15_000;

/** `ConfigResourceType` of the protocol. */
const topicResource = 2;

/**
 * Makes the topics that are missing, and looks at those that are there. StartupError when one is missing and may not be made, or would
 * lose events; any other error means that Kafka is not there.
 */
export async function ensureTopics(settings: KafkaSettings, names: TopicNames): Promise<void> {
  const admin = new Admin(clientOptions(settings));
  admin.on('error', () => {});
  try {
    await within(limitMs, makeAndCheck(admin, settings, names));
  } catch (error) {
    if (error instanceof StartupError || !isRefusal(error)) throw error;
    throw new StartupError(`Kafka at ${settings.brokers.join(', ')} can't be used: ${reasonOf(error)}`);
  } finally {
    await within(1_000, admin.close()).catch(() => {});
  }
}

async function makeAndCheck(admin: Admin, settings: KafkaSettings, names: TopicNames): Promise<void> {
  const known = new Set(await admin.listTopics());
  for (const topic of names.consumed) {
    if (!known.has(topic))
      throw new StartupError(`Kafka has no topic ${topic}, which KAFKA_CONSUMED_TOPICS names.`);
  }
  const there: string[] = names.own.filter((name) => known.has(name));
  for (const topic of names.own) {
    // One that another process has just made may be not listed yet.
    if (!known.has(topic) && !(await makeTopic(admin, settings, topic, retentionMs))) there.push(topic);
  }
  for (const topic of names.deadLetters) {
    if (!known.has(topic)) await makeTopic(admin, settings, topic, deadLetterRetentionMs);
  }
  if (there.length === 0) return;
  const described = await describe(admin, there);
  for (const { resourceName, configs } of described) {
    const policy = configs.find(({ name }) => name === 'cleanup.policy')?.value ?? 'delete';
    if (policy.includes('compact'))
      throw new StartupError(
        `Kafka's topic ${resourceName} has cleanup.policy=${policy}, which drops events of a user for later ones: set it to delete.`,
      );
  }
}

/** A broker may hear of a topic that another has just made a moment later than of its name. */
async function describe(admin: Admin, topics: readonly string[]): Promise<ConfigDescription[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await admin.describeConfigs({
        resources: topics.map((resourceName) => ({
          resourceType: topicResource,
          resourceName,
          configurationKeys: ['cleanup.policy'],
        })),
      });
    } catch (error) {
      if (attempt === 20 || !isAnswer(error, /^UNKNOWN_TOPIC_OR_PARTITION$/)) throw error;
      await delay(200);
    }
  }
}

/** False when it was there already. */
async function makeTopic(
  admin: Admin,
  settings: KafkaSettings,
  topic: string,
  retention: number,
): Promise<boolean> {
  try {
    await admin.createTopics({
      topics: [topic],
      partitions: settings.partitions ?? 12,
      replicas: settings.replicas ?? -1,
      configs: [
        { name: 'cleanup.policy', value: 'delete' },
        { name: 'retention.ms', value: String(retention) },
        { name: 'max.message.bytes', value: String(maxMessageBytes) },
      ],
    });
    return true;
  } catch (error) {
    if (isAnswer(error, /^TOPIC_ALREADY_EXISTS$/)) return false;
    if (isRefusal(error) || isAnswer(error, /^INVALID_|^POLICY_VIOLATION$/))
      throw new StartupError(`Kafka has no topic ${topic}, and does not let us make it: ${reasonOf(error)}`);
    throw error;
  }
}
