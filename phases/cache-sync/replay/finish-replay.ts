import type { PoolClient } from 'pg';
import { formatCount } from '../../../src/core/format-count.js';
import type { PhaseContext, PhaseReport } from '../../../src/core/phase.js';
import type { SessionDate } from '../../../src/core/session.js';
import { copyIn } from '../../../src/db/copy.js';
import type { MembershipChange, OpenUniverse } from '../membership/compare-memberships.js';
import { withoutDelisted, type ComputedSync } from '../compute-sync.js';
import { fillSectors } from '../input/fill-sectors.js';
import { listKept, type KeptUniverses } from '../membership/kept-universes.js';
import type { CacheLayout } from '../projection/layout.js';
import { loadMarket, type LoadedMarket } from '../input/load-market.js';
import type { MemberBook } from './membership-ledger.js';
import { hashMemberships } from '../membership/membership-hash.js';
import { readOpenUniverses } from '../membership/open-universes.js';
import type { SyncParts } from '../input/read-sync.js';
import { recordHeld, restoreAudit, restoreEvents } from './replay-records.js';
import { countMarket, describeSync } from '../publish/report.js';
import { RULES } from '../universes/rules/index.js';
import type { Universe } from '../universes/rule.js';
import { toUniverseName } from '../universes/select-universes.js';
import { isSameInput } from '../input/same-input.js';
import type { SicMapping } from '../settings/sic-mapping.js';
import { restoreListed } from '../membership/symbol-life.js';
import { hashInput, type SyncPast } from '../input/sync-input.js';
import { scopeOf } from '../modes.js';
import { listUniverseChanges } from '../membership/universe-changes.js';
import { writeProjection } from '../projection/write-projection.js';

/** What a replay came to. */
export interface ReplayedSessions extends SyncParts {
  readonly from: SessionDate;
  readonly at: Date;
  readonly sessions: number;
  /** Sessions in which something was held. */
  readonly held: number;
  readonly book: MemberBook;
  /** What the rows are to show: the newest selection of each universe that was published. */
  readonly universes: readonly Universe[];
  /** The newest selection of each universe, held or not. */
  readonly selected: ReadonlyMap<string, Universe>;
  /** Of the newest session, as are the three below. */
  readonly computed: ComputedSync;
  readonly market: LoadedMarket;
  readonly past: SyncPast;
  readonly sicMapping: SicMapping;
}

/** Corrects the memberships, brings `cache_entries` after them, and reports the difference to what was published before the replay. */
export async function finishReplay(
  client: PoolClient,
  context: PhaseContext,
  layout: CacheLayout,
  replayed: ReplayedSessions,
  warnings: readonly string[],
): Promise<PhaseReport> {
  const { from, at, book, computed } = replayed;
  const { session, runId } = context;
  const before = await readOpenUniverses(client);
  const ids = new Map(before.map((universe) => [toUniverseName(universe), universe.id]));
  const corrected = await correctMemberships(client, runId, replayed, ids);
  await correctRetired(client, replayed);
  await restoreAudit(client, from, at);
  await restoreEvents(client, from, at);
  await restoreListed(client, replayed.calendar, { session, at });
  const publication = { runId, session, at, ids, isResync: true };
  const inputHash = await hashNewest(client, session, replayed);
  await recordHeld(client, computed.comparison.holds, { ...publication, inputHash, isLast: true });
  const after = book.open;
  const universes = [...replayed.universes, ...(await listKept(client, toKept(replayed, before, after)))];
  const projection = await writeProjection(client, layout, universes, publication);
  const scope = scopeOf('full', RULES);
  const comparison = {
    changes: listDifferences(before, after, universes),
    holds: computed.comparison.holds,
    retired: [],
    published: universes,
  };
  const report = describeSync(
    { ...computed, comparison, isSessionHeld: computed.isSessionHeld },
    {
      scope,
      universeChanges: listUniverseChanges(comparison, before, ids, scope),
      counts: countMarket(computed.market),
      capsRewritten: 0,
      ...projection,
      warnings,
      hashes: { input: inputHash, membership: await hashMemberships(after) },
      unknownThemeSymbols: [],
    },
  );
  return {
    ...report,
    summary:
      `${formatCount(replayed.sessions)} sessions recomputed from ${from} on, ${formatCount(corrected)} memberships corrected, ` +
      `${projection.written} rows of cache_entries written` +
      (replayed.held > 0 ? `, ${replayed.held} sessions with holds` : ''),
    changed: corrected + projection.written + projection.deleted > 0,
    counters: { ...report.counters, sessions: replayed.sessions, corrected },
    details: { ...report.details, replayedFrom: from },
  };
}

/**
 * Makes what is believed of memberships from a session on what the replay found, and keeps what was believed until now with the time it ended.
 *
 * Edges: a membership that came out as before is not touched, so that a replay that finds nothing else writes nothing.
 * @returns memberships that were believed and are not, and those that are new
 */
async function correctMemberships(
  client: PoolClient,
  runId: string,
  { from, at, book }: ReplayedSessions,
  ids: ReadonlyMap<string, number>,
): Promise<number> {
  await client.query(
    `create temp table replayed_membership (universe_id integer, symbol text collate "C", valid_from date, valid_to date)
     on commit drop`,
  );
  const intervals = [...book.ended, ...book.lasting];
  await copyIn(
    client,
    'replayed_membership',
    (function* () {
      for (const { universe, symbol, from: start, to } of intervals)
        yield [ids.get(universe) ?? null, symbol, start, to];
    })(),
  );
  await client.query('analyze replayed_membership');
  const { rowCount: gone } = await client.query(
    `update pipeline.membership m
     set known_to = $2, run_out = $3
     where m.known_to is null and (m.valid_to is null or m.valid_to >= $1)
       and not exists (select from replayed_membership r
                       where r.universe_id = m.universe_id and r.symbol = m.symbol and r.valid_from = m.valid_from
                         and r.valid_to is not distinct from m.valid_to)`,
    [from, at, runId],
  );
  const { rowCount: added } = await client.query(
    `insert into pipeline.membership (universe_id, symbol, valid_from, valid_to, known_from, run_in, run_out)
     select r.universe_id, r.symbol, r.valid_from, r.valid_to, $1, $2, case when r.valid_to is not null then $2::uuid end
     from replayed_membership r
     where not exists (select from pipeline.membership m
                       where m.known_to is null and m.universe_id = r.universe_id and m.symbol = r.symbol
                         and m.valid_from = r.valid_from and m.valid_to is not distinct from r.valid_to)`,
    [at, runId],
  );
  return (gone ?? 0) + (added ?? 0);
}

/**
 * Universes that were first published since then and that the replay does not know have never been; those that were retired since then and are not
 * retired by the replay still are.
 */
async function correctRetired(client: PoolClient, { from, book }: ReplayedSessions): Promise<void> {
  const retired = new Set(book.retired);
  const names = book.open.map(toUniverseName);
  const name = `concat_ws('/', u.type, u.name, u.key)`;
  await client.query(
    `update pipeline.universe u set retired_session = $1
     where u.retired_session is null
       and not exists (select from unnest($2::text[]) as known (name) where known.name = ${name})`,
    [from, names],
  );
  await client.query(
    `update pipeline.universe u set retired_session = null
     where u.retired_session is not null and ${name} = any ($1::text[])`,
    [names.filter((known) => !retired.has(known))],
  );
}

/** Universes that were held in every replayed session, as far as they have other members now than their rows show. */
function toKept(
  { universes, selected, computed }: ReplayedSessions,
  before: readonly OpenUniverse[],
  after: readonly OpenUniverse[],
): KeptUniverses {
  const written = new Set(universes.map(toUniverseName));
  const known = new Map(before.map((universe) => [toUniverseName(universe), universe]));
  const isShown = (universe: OpenUniverse): boolean => {
    const old = known.get(toUniverseName(universe));
    const symbols = new Set(old?.symbols);
    const isSame = symbols.size === universe.symbols.length && universe.symbols.every((symbol) => symbols.has(symbol));
    return old !== undefined && !old.isRetired && isSame;
  };
  const kept = after.filter(
    (universe) => !universe.isRetired && !written.has(toUniverseName(universe)) && !isShown(universe),
  );
  return { universes: kept, selected, market: computed.market };
}

/**
 * The input as the next sync of the newest session will find it. It reads `symbols`, where the replay reads what was recorded: as long as both say
 * the same, the sync has nothing to do, and a hold that the replay found can be approved.
 */
async function hashNewest(client: PoolClient, session: SessionDate, replayed: ReplayedSessions): Promise<string> {
  const { config, market, past, sicMapping } = replayed;
  const current = await loadMarket(client, session, 'current');
  const list = ({ securities }: LoadedMarket) => Array.from(withoutDelisted(securities, past, session));
  const isSame = isSameInput(list(current), list(market));
  return hashInput(session, config, fillSectors(isSame ? current : market, sicMapping));
}

/** Who is a member after the replay and was not before it, and the other way round, of the newest session. */
function listDifferences(
  before: readonly OpenUniverse[],
  after: readonly OpenUniverse[],
  universes: readonly Universe[],
): MembershipChange[] {
  const known = new Map(before.map((universe) => [toUniverseName(universe), universe]));
  const published = new Map(universes.map((universe) => [toUniverseName(universe), universe]));
  return after.flatMap((open) => {
    const universe = published.get(toUniverseName(open)) ?? open;
    const old = new Set(known.get(toUniverseName(open))?.symbols);
    const now = new Set(open.symbols);
    const describe = (symbol: string, action: MembershipChange['action']): MembershipChange => ({
      universe,
      symbol,
      action,
      reason: 'REPLAYED',
      detail: null,
    });
    return [
      ...[...now].filter((symbol) => !old.has(symbol)).map((symbol) => describe(symbol, 'added')),
      ...[...old].filter((symbol) => !now.has(symbol)).map((symbol) => describe(symbol, 'removed')),
    ];
  });
}
