import type { PoolClient } from 'pg';
import { PipelineError } from '../../../src/core/errors.js';
import type { SessionDate } from '../../../src/core/session.js';

/** A session that was published. */
export interface PublishedSession {
  readonly session: SessionDate;
  /** Whether it was published by force the last time. */
  readonly isForced: boolean;
  /** Of the input that was published then; null: not known. */
  readonly inputHash: string | null;
}

/** A full sync that published what it found; one that found the same input again decided nothing, and neither did a replay. */
const IS_DECISION = `r.mode = 'full' and p.report -> 'details' ? 'gates' and not p.report -> 'details' ? 'replayedFrom'`;

/**
 * The sessions to recompute, oldest first: all that were published, up to the run's own. What was only imported was never asked for.
 *
 * Edges: of several syncs of a session the last full one that published anything counts; those that only found the same input again are no
 *        decision, and neither is a replay.
 * @throws EOD_SESSION_INVALID when the first is none of them, or nothing is known of symbols on it
 */
export async function readPublishedSessions(
  client: PoolClient,
  from: SessionDate,
  to: SessionDate,
): Promise<readonly [PublishedSession, ...PublishedSession[]]> {
  const { rows } = await client.query<PublishedSession>(
    `select to_char(p.session, 'YYYY-MM-DD') as session,
            coalesce((array_agg(r.force order by r.fence desc) filter (where ${IS_DECISION}))[1], false) as "isForced",
            (array_agg(p.hashes ->> 'input' order by r.fence desc) filter (where ${IS_DECISION}))[1] as "inputHash"
     from pipeline.phase_run p
     join pipeline.run r on r.id = p.run_id
     where p.phase = 'cache-sync' and p.status in ('completed', 'completed_with_holds') and p.session between $1 and $2
     group by p.session
     order by p.session`,
    [from, to],
  );
  const [first, ...others] = rows;
  if (first?.session !== from || rows.at(-1)?.session !== to) {
    throw new PipelineError('EOD_SESSION_INVALID', `nothing was published of ${from}, so it cannot be recomputed`, {
      hint: first === undefined ? 'sync it first' : `the next session there is is ${first.session}`,
    });
  }
  await assertRecorded(client, from);
  return [first, ...others];
}

/** Without facts a session has no securities: recomputing it would empty every universe, and its valuations would be lost. */
async function assertRecorded(client: PoolClient, from: SessionDate): Promise<void> {
  const { rows } = await client.query<{ first: SessionDate | null }>(
    `select to_char(min(valid_from), 'YYYY-MM-DD') as first from pipeline.symbol_fact`,
  );
  const first = rows[0]?.first ?? null;
  if (first !== null && first <= from) return;
  if (first === null) {
    throw new PipelineError(
      'EOD_SESSION_INVALID',
      `nothing was recorded of symbols yet, so ${from} cannot be recomputed`,
      {
        hint: 'import a session first: what is known of symbols is recorded from then on',
      },
    );
  }
  throw new PipelineError(
    'EOD_SESSION_INVALID',
    `nothing was recorded of symbols before ${first}, so ${from} cannot be recomputed`,
    { hint: `use \`--from ${first}\` or later`, context: { from, first } },
  );
}
