import { sql } from 'kysely';
import type { PoolClient } from 'pg';
import type { GateResult } from './gate.js';
import type { SessionDate } from '../../../src/core/session.js';
import { toNumber } from '../../../src/db/tables.js';
import { kyselyOn } from '../../../src/db/kysely-on.js';

/** A hold in force, as recorded. */
export interface RecordedHold {
  /** Universe name; null for the session. */
  readonly universe: string | null;
  readonly gate: string;
  readonly inputHash: string | null;
  /** Whether an earlier publish of the universe, or of the session, remains valid beside it. */
  readonly keepsPublished: boolean;
  readonly measured: number | null;
  readonly threshold: number | null;
  readonly message: string;
}

/** The holds as findings of their gates. */
export function toFindings(holds: readonly RecordedHold[]): GateResult[] {
  return holds
    .filter(({ universe }) => universe === null)
    .map(({ gate, measured, threshold, message }) => ({
      gate,
      status: 'hold',
      universe: null,
      measured,
      threshold,
      message,
    }));
}

/** Holds of a session that are in force: neither approved nor lifted. */
export async function readRecordedHolds(client: PoolClient, session: SessionDate): Promise<RecordedHold[]> {
  const rows = await kyselyOn(client)
    .selectFrom('pipeline.hold as h')
    .leftJoin('pipeline.universe as u', 'u.id', 'h.universe_id')
    .select([
      'h.gate',
      'h.input_hash as inputHash',
      'h.keeps_published as keepsPublished',
      'h.measured',
      'h.threshold',
      'h.message',
    ])
    .select(
      sql<string | null>`case when u.id is not null then concat_ws('/', u.type, u.name, u.key) end`.as('universe'),
    )
    .where('h.session', '=', session)
    .where('h.state', '<>', 'approved')
    .where('h.lifted_at', 'is', null)
    .execute();
  return rows.map((row) => ({
    ...row,
    measured: row.measured === null ? null : toNumber(row.measured),
    threshold: row.threshold === null ? null : toNumber(row.threshold),
    message: row.message ?? '',
  }));
}
