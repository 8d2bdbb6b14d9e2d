import type { PoolClient } from 'pg';
import { PipelineError } from '../../../src/core/errors.js';
import { RUN_MODES, type RunMode } from '../../../src/core/run-mode.js';
import type { SessionDate } from '../../../src/core/session.js';
import type { UniverseIdentity } from '../universes/rule.js';
import { MODE_TASKS } from '../modes.js';

/** A completed cache sync, the newest of its mode. */
export interface LastSync {
  readonly session: SessionDate;
  readonly mode: RunMode;
  readonly inputHash: string | null;
  readonly counters: Readonly<Record<string, number>>;
  /** What was said of it then, and still holds as long as nothing changes. */
  readonly leftOut: readonly string[];
  readonly unknownThemeSymbols: readonly string[];
}

/** The newest sync of each mode: newest by session, and of several attempts at one session the last. The newest of all comes first. */
export async function readLastSyncs(client: PoolClient): Promise<LastSync[]> {
  const { rows } = await client.query<LastSync>(
    `select to_char(last.session, 'YYYY-MM-DD') as session, wanted.mode, last.hashes ->> 'input' as "inputHash", last.counters,
            coalesce(last.report #> '{details,leftOut}', '[]') as "leftOut",
            coalesce(last.report #> '{details,unknownThemeSymbols}', '[]') as "unknownThemeSymbols"
     from unnest($1::text[]) as wanted (mode)
     cross join lateral (
       select p.session, p.hashes, p.counters, p.report, r.fence
       from pipeline.phase_run p
       join pipeline.run r on r.id = p.run_id
       where p.phase = 'cache-sync' and p.status in ('completed', 'completed_with_holds') and r.mode = wanted.mode
       order by p.session desc, r.fence desc
       limit 1
     ) last
     order by last.session desc, last.fence desc`,
    [RUN_MODES],
  );
  return rows;
}

/**
 * The sync that one with this input would only repeat; undefined when there is something to do.
 *
 * Edges: every task of the mode must last have been done with this input, by whichever mode: a full sync after another input's themes is no
 *        repetition, although the last full one had the same input.
 * @param last newest first, as `readLastSyncs` gives them
 */
export function findRepeated(
  last: readonly LastSync[],
  mode: RunMode,
  session: SessionDate,
  inputHash: string,
): LastSync | undefined {
  const tasks = MODE_TASKS[mode];
  const isDone = tasks.every((task) => {
    const newest = last.find((sync) => MODE_TASKS[sync.mode].includes(task));
    return newest?.session === session && newest.inputHash === inputHash;
  });
  return isDone ? last.find((sync) => tasks.every((task) => MODE_TASKS[sync.mode].includes(task))) : undefined;
}

/** @throws EOD_PHASE_NEEDS: a part can be brought up to date only where the whole has been published */
export function assertFullSynced(session: SessionDate, mode: RunMode, last: readonly LastSync[]): void {
  if (mode === 'full') return;
  const full = last.find((sync) => sync.mode === 'full');
  if (full?.session === session) return;
  const newest = full === undefined ? 'there is none at all' : `the newest one is of ${full.session}`;
  throw new PipelineError(
    'EOD_PHASE_NEEDS',
    `cache sync in mode ${mode} needs a full one first, which has not completed for ${session}: ${newest}`,
    { hint: `run \`tickstock run --session ${session} --phase cache-sync\``, context: { mode, newest: full?.session } },
  );
}

/** What is held for a session, a universe or the session itself, also by a rejection, in the order it was found; each gate once. */
export async function readHeld(client: PoolClient, session: SessionDate): Promise<HeldNow[]> {
  const { rows } = await client.query<{
    type: string | null;
    name: string;
    key: string;
    gate: string;
    message: string | null;
  }>(
    `select u.type, u.name, u.key, h.gate, h.message
     from (select distinct on (universe_id, gate) id, universe_id, gate, message from pipeline.hold
           where session = $1 and state <> 'approved' and lifted_at is null
           order by universe_id, gate, id desc) as h
     left join pipeline.universe u on u.id = h.universe_id
     order by h.universe_id nulls first, h.id`,
    [session],
  );
  return rows.map(({ type, name, key, gate, message }) => ({
    universe: type === null ? null : { type, name, key },
    gate,
    message: message ?? '',
  }));
}

/** Something that keeps its members: a universe, or (null) the session as a whole. */
export interface HeldNow {
  readonly universe: UniverseIdentity | null;
  readonly gate: string;
  readonly message: string;
}

/** The newest session that import or cache sync has completed, and which of them did; undefined before the first. */
export async function readNewestSession(
  client: PoolClient,
): Promise<{ readonly session: SessionDate; readonly phase: string } | undefined> {
  const { rows } = await client.query<{ session: SessionDate; phase: string }>(
    `select to_char(session, 'YYYY-MM-DD') as session, phase
     from pipeline.phase_run
     where phase in ('import', 'cache-sync') and status in ('completed', 'completed_with_holds')
     order by phase_run.session desc, ordinal desc
     limit 1`,
  );
  return rows[0];
}
