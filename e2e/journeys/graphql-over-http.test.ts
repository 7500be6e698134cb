import { serverAudits } from 'graphql-http';
import { describe, expect, test } from 'vitest';
import { anyone, gatehouse } from '../gatehouse.ts';

describe('GraphQL over HTTP, as the specification says', () => {
  for (const audit of serverAudits({ url: `${gatehouse.url}/graphql`, fetchFn: anyone.fetch })) {
    test(audit.name, async () => {
      const result = await audit.fn();
      expect(result.status === 'ok' ? 'ok' : `${result.status}: ${result.reason}`).toMatch(/^(ok|notice)/);
    });
  }
});
