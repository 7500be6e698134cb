import { person, startStorage } from './harness.ts';

// Storage in a process of its own, so that its memory can be told from that of the client who loads it.

export type Question =
  | { ask: 'announce'; size: number }
  | { ask: 'url'; id: string }
  | { ask: 'rss' }
  | { ask: 'stop' };
export type Answer =
  | { uploadUrl: string; documentId: string }
  | { url: string }
  | { now: number; peak: number }
  | null;

const storage = await startStorage();
const ada = person('0192f0c1-2222-7000-8000-000000000001');

let peak = 0;
setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss());
}, 5);

async function answer(question: Question): Promise<Answer> {
  switch (question.ask) {
    case 'announce':
      return await storage.announce(ada, { name: 'large', size: question.size });
    case 'url':
      return { url: await storage.downloadUrl(ada, question.id) };
    case 'rss': {
      const now = process.memoryUsage.rss();
      const seen = { now, peak: Math.max(peak, now) };
      peak = 0;
      return seen;
    }
    case 'stop':
      await storage.stop();
      setImmediate(() => process.exit());
      return null;
  }
}

process.on('message', async (question: Question) => process.send?.({ answer: await answer(question) }));
process.send?.({ answer: null });
