import type { Check } from '../check.js';

const OLD_MS = 10 * 60_000;

export const events: Check = {
  id: 'events',
  title: 'no event waits for delivery',
  async find({ parts, nowMs }) {
    if (parts.relay === null) return undefined;
    const waiting = await parts.database.db
      .selectFrom('pipeline.outbox')
      .select(({ fn }) => fn.countAll<string>().as('count'))
      .where('published_at', 'is', null)
      .where('created_at', '<', new Date(nowMs - OLD_MS))
      .executeTakeFirstOrThrow();
    if (waiting.count === '0') return undefined;
    return {
      problem: `${waiting.count} events have waited for more than ten minutes`,
      fix: 'check Redis, then start a service (tickstock serve): it delivers them',
    };
  },
};
