import type { PoolClient } from 'pg';
import type { SessionDate } from '../../../src/core/session.js';
import { copyIn, type CopyValue } from '../../../src/db/copy.js';
import type { Comparison, MembershipChange } from './compare-memberships.js';
import type { UniverseIdentity } from '../universes/rule.js';
import { toUniverseName } from '../universes/select-universes.js';

/** Who publishes, for which session, and when it is known. */
export interface Publication {
  readonly runId: string;
  readonly session: SessionDate;
  readonly at: Date;
  /** Whether the session has been published before, from other input. */
  readonly isResync: boolean;
  /** Universe name → id. */
  readonly ids: ReadonlyMap<string, number>;
}

/**
 * Closes and opens membership intervals and writes one audit row a change.
 *
 * Edges: a session can be synced again with other input. What the earlier attempt published was believed until now, so its rows are superseded
 *        (`known_to`) and corrected ones inserted: `pipeline.members` still answers what was believed in between. The first sync of a
 *        session closes intervals in place, because nothing was believed about that session before.
 */
export async function writeMembershipChanges(
  client: PoolClient,
  { changes, retired }: Comparison,
  publication: Publication,
): Promise<void> {
  const additions = changes.filter((change) => change.action === 'added');
  const removals = changes.filter((change) => change.action === 'removed');
  const reopened = publication.isResync ? await reopenMemberships(client, additions, publication) : new Set<string>();
  await closeMemberships(client, removals, publication);
  const isReopened = (change: MembershipChange): boolean =>
    reopened.has(toMemberKey(idOf(change.universe, publication), change.symbol));
  // Mostly nobody came back, and a key for each of 143,000 additions takes its time.
  const opened = reopened.size === 0 ? additions : additions.filter((change) => !isReopened(change));
  await openMemberships(client, opened, publication);
  await writeAudit(client, changes, publication);
  await retireUniverses(client, retired, publication);
}

/** Takes back removals of an earlier attempt at this session: the members never left. */
async function reopenMemberships(
  client: PoolClient,
  additions: readonly MembershipChange[],
  publication: Publication,
): Promise<Set<string>> {
  const { rows } = await client.query<{ universe_id: number; symbol: string }>(
    `with superseded as (
       update pipeline.membership m
       set known_to = $2
       from unnest($3::int[], $4::text[]) as back (universe_id, symbol)
       where m.universe_id = back.universe_id and m.symbol = back.symbol and m.valid_to = $1 and m.known_to is null
       returning m.universe_id, m.symbol, m.valid_from, m.run_in
     )
     insert into pipeline.membership (universe_id, symbol, valid_from, known_from, run_in)
     select universe_id, symbol, valid_from, $2, run_in from superseded
     returning universe_id, symbol`,
    [publication.session, publication.at, ...toColumns(additions, publication)],
  );
  return new Set(rows.map((row) => toMemberKey(row.universe_id, row.symbol)));
}

async function closeMemberships(
  client: PoolClient,
  removals: readonly MembershipChange[],
  publication: Publication,
): Promise<void> {
  if (removals.length === 0) return;
  const leaving = toColumns(removals, publication);
  if (publication.isResync) {
    await client.query(SUPERSEDE, [publication.session, publication.runId, ...leaving, publication.at]);
  } else {
    await client.query(CLOSE, [publication.session, publication.runId, ...leaving]);
  }
}

const CLOSE = `
  update pipeline.membership m
  set valid_to = $1, run_out = $2
  from unnest($3::int[], $4::text[]) as leaving (universe_id, symbol)
  where m.universe_id = leaving.universe_id and m.symbol = leaving.symbol and m.valid_to is null and m.known_to is null`;

/** A member since an earlier session keeps its interval up to this one; one that an earlier attempt added never was a member. */
const SUPERSEDE = `
  with superseded as (
    update pipeline.membership m
    set known_to = $5, run_out = $2
    from unnest($3::int[], $4::text[]) as leaving (universe_id, symbol)
    where m.universe_id = leaving.universe_id and m.symbol = leaving.symbol and m.valid_to is null and m.known_to is null
    returning m.universe_id, m.symbol, m.valid_from, m.run_in
  )
  insert into pipeline.membership (universe_id, symbol, valid_from, valid_to, known_from, run_in, run_out)
  select universe_id, symbol, valid_from, $1, $5, run_in, $2
  from superseded
  where valid_from < $1`;

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

/** One audit row a change. */
export async function writeAudit(
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

/** Marks universes that no rule gives any more. */
export async function retireUniverses(
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

/** @throws a defect when a universe was not written first */
export function idOf(universe: UniverseIdentity, publication: Pick<Publication, 'ids'>): number {
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
