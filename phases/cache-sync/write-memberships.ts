import type { PoolClient } from 'pg';
import type { SessionDate } from '../../src/core/session.js';
import { copyIn, type CopyValue } from '../../src/db/copy.js';
import type { Comparison, Hold, MembershipChange } from './compare-memberships.js';
import type { UniverseIdentity } from './rule.js';
import { toUniverseName } from './select-universes.js';

/** Who publishes, for which session, and when it is known. */
export interface Publication {
  readonly runId: string;
  readonly session: SessionDate;
  readonly at: Date;
  /** Whether the session has been published before, from other input. */
  readonly isRepeat: boolean;
  /** Universe name → id. */
  readonly ids: ReadonlyMap<string, number>;
}

/**
 * Closes and opens membership intervals and writes one audit row a change.
 *
 * Edges: a session can be synced again with other input. A member added by the earlier attempt and now removed was never one: its row is
 *        superseded (`known_to`), not closed. One removed by the earlier attempt and now back has its interval opened again.
 */
export async function writeMembershipChanges(
  client: PoolClient,
  { changes, retired }: Comparison,
  publication: Publication,
): Promise<void> {
  const additions = changes.filter((change) => change.action === 'added');
  const removals = changes.filter((change) => change.action === 'removed');
  const reopened = publication.isRepeat ? await reopenMemberships(client, additions, publication) : new Set<string>();
  await closeMemberships(client, removals, publication);
  await openMemberships(
    client,
    additions.filter((change) => !reopened.has(toMemberKey(idOf(change.universe, publication), change.symbol))),
    publication,
  );
  await writeAudit(client, changes, publication);
  await retireUniverses(client, retired, publication);
}

async function reopenMemberships(
  client: PoolClient,
  additions: readonly MembershipChange[],
  publication: Publication,
): Promise<Set<string>> {
  const { rows } = await client.query<{ universe_id: number; symbol: string }>(
    `update pipeline.membership m
     set valid_to = null, run_out = null
     from unnest($2::int[], $3::text[]) as back (universe_id, symbol)
     where m.universe_id = back.universe_id and m.symbol = back.symbol and m.valid_to = $1 and m.known_to is null
     returning m.universe_id, m.symbol`,
    [publication.session, ...toColumns(additions, publication)],
  );
  return new Set(rows.map((row) => toMemberKey(row.universe_id, row.symbol)));
}

async function closeMemberships(
  client: PoolClient,
  removals: readonly MembershipChange[],
  publication: Publication,
): Promise<void> {
  if (removals.length === 0) return;
  await client.query(
    `update pipeline.membership m
     set valid_to = case when m.valid_from < $1 then $1::date end,
         known_to = case when m.valid_from < $1 then null else $2::timestamptz end,
         run_out = $3
     from unnest($4::int[], $5::text[]) as leaving (universe_id, symbol)
     where m.universe_id = leaving.universe_id and m.symbol = leaving.symbol and m.valid_to is null and m.known_to is null`,
    [publication.session, publication.at, publication.runId, ...toColumns(removals, publication)],
  );
}

async function openMemberships(
  client: PoolClient,
  additions: readonly MembershipChange[],
  publication: Publication,
): Promise<void> {
  const at = publication.at.toISOString();
  await copyIn(
    client,
    'pipeline.membership (universe_id, symbol, valid_from, known_from, run_in)',
    mapChanges(additions, (change) => [
      idOf(change.universe, publication),
      change.symbol,
      publication.session,
      at,
      publication.runId,
    ]),
  );
}

async function writeAudit(
  client: PoolClient,
  changes: readonly MembershipChange[],
  publication: Publication,
): Promise<void> {
  const at = publication.at.toISOString();
  await copyIn(
    client,
    'pipeline.membership_change (run_id, session, universe_id, symbol, action, reason, detail, known_at)',
    mapChanges(changes, (change) => [
      publication.runId,
      publication.session,
      idOf(change.universe, publication),
      change.symbol,
      change.action,
      change.reason,
      change.detail === null ? null : JSON.stringify(change.detail),
      at,
    ]),
  );
}

async function retireUniverses(
  client: PoolClient,
  retired: readonly UniverseIdentity[],
  publication: Publication,
): Promise<void> {
  if (retired.length === 0) return;
  await client.query('update pipeline.universe set retired_session = $1 where id = any ($2::int[])', [
    publication.session,
    retired.map((universe) => idOf(universe, publication)),
  ]);
}

/** Makes the open holds exactly those found now, of this session; all earlier ones are settled, never deleted. */
export async function writeHolds(client: PoolClient, holds: readonly Hold[], publication: Publication): Promise<void> {
  const ids = holds.map((hold) => idOf(hold.universe, publication));
  await client.query(
    `update pipeline.hold
     set state = 'rejected', decided_by = 'tickstock', decided_at = $2, decision_reason = 'settled by a later sync'
     where state = 'open' and (session <> $1 or not (universe_id = any ($3::int[])))`,
    [publication.session, publication.at, ids],
  );
  await client.query(
    `insert into pipeline.hold (run_id, session, universe_id, gate, measured, threshold, created_at)
     select $1, $2, held.universe_id, held.gate, held.measured, held.threshold, $3
     from unnest($4::int[], $5::text[], $6::numeric[], $7::numeric[]) as held (universe_id, gate, measured, threshold)
     where not exists (
       select from pipeline.hold h
       where h.session = $2 and h.universe_id = held.universe_id and h.gate = held.gate and h.state = 'open'
     )`,
    [
      publication.runId,
      publication.session,
      publication.at,
      ids,
      holds.map((hold) => hold.gate),
      holds.map((hold) => hold.measured),
      holds.map((hold) => hold.threshold),
    ],
  );
}

function idOf(universe: UniverseIdentity, publication: Publication): number {
  const id = publication.ids.get(toUniverseName(universe));
  if (id === undefined) throw new Error(`universe ${toUniverseName(universe)} has no id`);
  return id;
}

function toColumns(changes: readonly MembershipChange[], publication: Publication): [number[], string[]] {
  return [changes.map((change) => idOf(change.universe, publication)), changes.map((change) => change.symbol)];
}

function toMemberKey(universeId: number, symbol: string): string {
  return `${universeId} ${symbol}`;
}

function* mapChanges(
  changes: readonly MembershipChange[],
  toRow: (change: MembershipChange) => CopyValue[],
): Generator<CopyValue[]> {
  for (const change of changes) yield toRow(change);
}
