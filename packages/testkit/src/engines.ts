export type EngineName = 'redis' | 'mongodb' | 'kafka';

/** Where a test run finds an engine of a fleet; set by whoever started it, such as the services of a CI run. */
export const engineVariables: Record<EngineName, string> = {
  redis: 'GATEHOUSE_TEST_REDIS_URL',
  mongodb: 'GATEHOUSE_TEST_MONGODB_URL',
  kafka: 'GATEHOUSE_TEST_KAFKA_BROKERS',
};

/** The URL of an engine, for Kafka its address, for this run; undefined when the machine has none, which was told when the run began. */
export const engineUrl = (name: EngineName): string | undefined => process.env[engineVariables[name]];
