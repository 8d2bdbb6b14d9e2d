import type { PoolClient } from 'pg';
import { PipelineError } from '../../../src/core/errors.js';
import type { SessionDate } from '../../../src/core/session.js';
import { kyselyOn } from '../../../src/db/kysely-on.js';
import { sessionText } from '../../../src/db/portable-columns.js';
import { READ_PUBLISHED_SESSIONS } from './read-published-sessions.sql.js';

/** A published session. */
export interface PublishedSession {
  readonly session: SessionDate;
  /** Whether it was published by force the last time. */
  readonly isForced: boolean;
  /** Hash of the input published then; null: unknown. */
  readonly inputHash: string | null;
}

/**
 * The sessions to recompute, oldest first: all published ones up to the run's own. A session that was only imported was never requested.
 *
 * Edges: of several syncs of a session the last full one that published anything counts; syncs that found the same input again, and
 *        replays, made no decision.
 * @throws EOD_SESSION_INVALID when the first is not among them, or no facts of symbols are recorded for it
 */
export async function readPublishedSessions(
  client: PoolClient,
  from: SessionDate,
  to: SessionDate,
): Promise<readonly [PublishedSession, ...PublishedSession[]]> {
  const rows = await READ_PUBLISHED_SESSIONS.rows(client, { from, to });
  const [first, ...others] = rows;
  if (first?.session !== from || rows.at(-1)?.session !== to) {
    throw new PipelineError('EOD_SESSION_INVALID', `${from} was never published, so it cannot be recomputed`, {
      hint: first === undefined ? 'sync it first' : `the next published session is ${first.session}`,
    });
  }
  await assertRecorded(client, from);
  return [first, ...others];
}

/** Without facts a session has no securities: recomputing it would empty every universe, and its valuations would be lost. */
async function assertRecorded(client: PoolClient, from: SessionDate): Promise<void> {
  const oldest = await kyselyOn(client)
    .selectFrom('pipeline.symbol_fact')
    .select(sessionText('valid_from').as('day'))
    .orderBy('valid_from')
    .limit(1)
    .executeTakeFirst();
  const first = oldest?.day ?? null;
  if (first !== null && first <= from) return;
  if (first === null) {
    throw new PipelineError(
      'EOD_SESSION_INVALID',
      `no facts of symbols are recorded yet, so ${from} cannot be recomputed`,
      {
        hint: 'import a session first: facts of symbols are recorded from then on',
      },
    );
  }
  throw new PipelineError(
    'EOD_SESSION_INVALID',
    `no facts of symbols are recorded before ${first}, so ${from} cannot be recomputed`,
    { hint: `use \`--from ${first}\` or later`, context: { from, first } },
  );
}
