import { sql } from 'kysely';
import type { Check } from '../check.js';

const SHOWN = 1000;

/** Messages that were given up in the last week, or have waited for more than an hour. */
export const notifications: Check = {
  id: 'notifications',
  title: 'notifications are accepted',
  async find({ parts }) {
    const open = await parts.database.db
      .selectFrom('pipeline.notification')
      .select(['channel', 'error'])
      .where((eb) =>
        eb.or([
          eb('state', '=', 'failed').and('created_at', '>', sql<Date>`clock_timestamp() - interval '7 days'`),
          eb('state', '=', 'waiting').and('created_at', '<', sql<Date>`clock_timestamp() - interval '1 hour'`),
        ]),
      )
      .orderBy('created_at', 'desc')
      .limit(SHOWN)
      .execute();
    const [newest] = open;
    if (newest === undefined) return undefined;
    const messages = open.length === 1 ? '1 message was' : `${open.length} messages were`;
    return {
      problem: `${messages} not accepted; ${newest.channel}: ${newest.error ?? 'not sent yet'}`,
      fix: '`tickstock notify` shows them, `tickstock notify test` sends one now',
    };
  },
};
