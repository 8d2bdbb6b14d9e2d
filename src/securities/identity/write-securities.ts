import type { PoolClient } from 'pg';
import type { SessionDate } from '../../core/session.js';
import {
  ADD_NEWCOMERS,
  ADD_RESOLVED,
  CORRECT_MEMBERS,
  HAVE_TICKERS_CHANGED,
  WRITE_RESOLVED,
} from './write-securities.sql.js';

/** What a publish has changed before: events from `from` on, found or superseded at `at`. */
interface PublishedEvents {
  readonly from: SessionDate;
  readonly at: Date;
  readonly isResync: boolean;
}

/**
 * Updates securities and their tickers to the current events of symbols. The only place that decides which security a ticker stands for.
 *
 * Edges: on most evenings no ticker changed, and only newcomers are added. Ids are permanent: a security is found again by its first ticker
 *        and session.
 */
export async function writeSecurities(client: PoolClient, { from, at, isResync }: PublishedEvents): Promise<void> {
  const hasChanged = (await HAVE_TICKERS_CHANGED.first(client, { from, at }))?.changed ?? true;
  if (hasChanged) {
    await ADD_RESOLVED.write(client, { at });
    await WRITE_RESOLVED.write(client, { at });
  }
  await ADD_NEWCOMERS.write(client, { at, includesEnded: isResync });
  if (hasChanged) await CORRECT_MEMBERS.write(client, { at });
}
