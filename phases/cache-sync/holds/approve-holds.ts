import type { PoolClient } from 'pg';
import { PipelineError } from '../../../src/core/errors.js';
import type { HoldApproval } from '../../../src/core/phase.js';
import type { SessionDate } from '../../../src/core/session.js';
import { kyselyOn } from '../../../src/db/kysely-on.js';
import type { Comparison, GateSkip, HeldUniverse } from '../membership/compare-memberships.js';
import { EMPTY_SELECTION } from '../membership/compare-memberships.js';
import { hashCandidate } from './hold-back.js';
import type { UniverseIdentity } from '../universes/rule.js';
import { toUniverseName } from '../universes/select-universes.js';
import { groupByUniverse } from '../membership/universe-changes.js';

/** A hold to be approved, as it was shown. */
export interface ApprovedHold {
  readonly id: number;
  readonly universe: UniverseIdentity | null;
  readonly gate: string;
  readonly inputHash: string | null;
  readonly candidateHash: string | null;
}

/** @throws EOD_HOLD_SETTLED when one of them is no longer open, or belongs to another session */
export async function readApprovedHolds(
  client: PoolClient,
  { holds }: HoldApproval,
  session: SessionDate,
): Promise<ApprovedHold[]> {
  const found = await readHolds(
    selectHolds(client, session)
      .where('h.state', '=', 'open')
      .where('h.id', '=', (eb) => eb.fn.any(eb.val(holds))),
  );
  if (found.length < holds.length) throw settledError(holds, session);
  return found;
}

/** Holds of a session that a person approved; holds settled by a sync are not decisions. */
export async function readSessionApprovals(client: PoolClient, session: SessionDate): Promise<ApprovedHold[]> {
  return readHolds(
    selectHolds(client, session).where('h.state', '=', 'approved').where('h.decided_automatically', '=', false),
  );
}

/** Holds approved for the same input: a decision stays valid when the session is synced again. */
export async function readStandingApprovals(client: PoolClient, session: SessionDate): Promise<StandingApprovals> {
  const holds = await readSessionApprovals(client, session);
  return { withInput: (inputHash) => holds.filter((hold) => hold.inputHash === inputHash) };
}

/** Read before the input is known. */
export interface StandingApprovals {
  withInput(inputHash: string): ApprovedHold[];
}

function selectHolds(client: PoolClient, session: SessionDate) {
  return kyselyOn(client)
    .selectFrom('pipeline.hold as h')
    .leftJoin('pipeline.universe as u', 'u.id', 'h.universe_id')
    .select(['h.id', 'h.gate', 'h.input_hash as inputHash', 'h.candidate_hash as candidateHash'])
    .select(['u.type', 'u.name', 'u.key'])
    .where('h.session', '=', session);
}

async function readHolds(holds: ReturnType<typeof selectHolds>): Promise<ApprovedHold[]> {
  const rows = await holds.execute();
  return rows.map(({ type, name, key, ...hold }) => ({
    ...hold,
    universe: type === null || name === null || key === null ? null : { type, name, key },
  }));
}

/** One of them was decided in the meantime, by another person or by a sync. */
export function settledError(holds: readonly number[], session: SessionDate): PipelineError {
  const message = `some of the holds ${holds.join(', ')} are no longer open for ${session}`;
  return new PipelineError('EOD_HOLD_SETTLED', message, { hint: '`tickstock holds` lists the open ones' });
}

/**
 * The gates that an approval skips. An approval of a session skips every gate of the session and of its universes, as all of it was shown
 * together; only universes with an empty selection need an approval of their own.
 */
export function toGateSkip(approved: readonly ApprovedHold[]): GateSkip {
  const isSession = approved.some((hold) => hold.universe === null);
  const names = new Set(approved.flatMap(({ universe }) => (universe === null ? [] : [toUniverseName(universe)])));
  return (gate, universe) =>
    (isSession && gate !== EMPTY_SELECTION) || (universe !== null && names.has(toUniverseName(universe)));
}

/**
 * Refuses to publish anything other than what was shown.
 * @throws EOD_HOLD_CHANGED when the input or its result has changed since
 */
export function assertAsShown(approved: readonly ApprovedHold[], comparison: Comparison, inputHash: string): void {
  const groups = groupByUniverse(comparison.changes);
  const candidates = [...groups].map(([{ type, name, key }, changes]): HeldUniverse => {
    const list = (action: 'added' | 'removed') => changes.filter((change) => change.action === action);
    return { type, name, key, added: list('added'), removed: list('removed') };
  });
  // A hold of an empty selection is not part of what the session would publish: it is approved separately.
  const apart = new Set(
    approved.flatMap(({ gate, universe }) => (gate === EMPTY_SELECTION && universe ? toUniverseName(universe) : [])),
  );
  const changed = approved.filter((hold) => {
    const own =
      hold.universe === null
        ? candidates.filter((candidate) => !apart.has(toUniverseName(candidate)))
        : candidates.filter(
            (candidate) => hold.universe && toUniverseName(candidate) === toUniverseName(hold.universe),
          );
    // A universe first published in this session has no previous members to compare with: the input must be the same.
    const isUnborn = hold.gate === EMPTY_SELECTION && own.length === 0;
    return hold.inputHash !== inputHash || (!isUnborn && hold.candidateHash !== hashCandidate(own));
  });
  if (changed.length === 0) return;
  const ids = changed.map((hold) => hold.id).join(', ');
  throw new PipelineError(
    'EOD_HOLD_CHANGED',
    `the input of hold ${ids} has changed since it was shown; nothing was published`,
    {
      hint: 'run `tickstock run --phase cache-sync` again, then review and decide its holds with `tickstock holds`',
    },
  );
}
