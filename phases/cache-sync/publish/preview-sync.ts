import { formatCounted } from '../../../src/core/format-count.js';
import type { PhaseParity, PhasePreview, PreviewedUniverse, PreviewRequest } from '../../../src/core/preview.js';
import type { Transaction } from '../../../src/db/database.js';
import { recordFacts } from '../../../src/securities/record-facts.js';
import { computeSync, type ComputedSync } from '../compute-sync.js';
import { planGroups } from '../groups/write-groups.js';
import { toGateSkip } from '../holds/approve-holds.js';
import { assertFullSynced, readLastSyncs } from '../input/last-sync.js';
import { REPEATABLE, readSyncAlone, type ReadSync, type SyncParts } from '../input/read-sync.js';
import { readMembersSince, readSyncPast } from '../input/sync-input.js';
import type { Comparison, HeldUniverse } from '../membership/compare-memberships.js';
import { hashMemberships } from '../membership/membership-hash.js';
import { toIds } from '../membership/publication.js';
import type { MembershipLedger } from '../membership/membership-ledger.js';
import { listSessionChanges, readPublishedChanges } from '../membership/rewind.js';
import { groupByUniverse } from '../membership/universe-changes.js';
import { scopeIds, toModeScope } from '../modes.js';
import { compareWithTable } from '../projection/parity.js';
import { planProjection } from '../projection/plan-projection.js';
import { toUniverseName } from '../universes/select-universes.js';
import { createReplacedReader } from './find-replaced.js';
import { findKept, keepInLedger, listSeen } from './keep-published.js';
import { listDifference } from './published-difference.js';
import { createLedger } from './publish.js';

/** What a run would do to universes, rows and symbols; nothing is written. */
export async function previewSync(parts: SyncParts, request: PreviewRequest): Promise<PhasePreview> {
  return inPreview(parts, request, async ({ client, read, computed, comparison, ledger }) => {
    const { gates, symbolEvents, isSessionHeld } = computed;
    const ids = toIds(read.open);
    const retired = new Set(comparison.retired.map(toUniverseName));
    const { published } = comparison;
    const entries = await planProjection(client, read.layout, published, { at: request.at, ids, retired });
    const { sectors } = read.config;
    const groups =
      read.groups === undefined
        ? { rows: [], warnings: [] }
        : await planGroups(client, read.groups, published, { session: request.session, ids, sectors, retired });
    const rows = [...entries, ...groups.rows];
    const universes = listPreviewed(comparison);
    const changed = rows.flatMap(({ place, action }) => (action === 'leave' ? [] : [{ place, action }]));
    const added = comparison.changes.filter(({ action }) => action === 'added').length;
    return {
      session: request.session,
      mode: request.mode,
      summary: isSessionHeld
        ? 'the session would be held: every universe would keep its members'
        : `${added} would be added, ${comparison.changes.length - added} removed, ${formatCounted(changed.length, 'row')} of cache_entries${read.groups === undefined ? '' : ' and groups'} written`,
      universes,
      gates: gates.map(({ universe, ...result }) => ({ ...result, universe: universe && toUniverseName(universe) })),
      rows: changed,
      unchangedRows: rows.length - changed.length,
      symbols: symbolEvents.map(({ symbol, event, reason }) => ({ symbol, event, reason })),
      warnings: [...read.warnings, ...groups.warnings],
      membershipHash: await hashMemberships(ledger.open),
    };
  });
}

/** How the managed rows of `cache_entries` differ from what a run would write; gates are skipped, nothing is written. */
export async function compareSync(parts: SyncParts, request: PreviewRequest): Promise<PhaseParity> {
  return inPreview(parts, { ...request, mode: 'full', force: true }, async ({ client, read, computed }) => {
    const { published } = computed.comparison;
    const ids = toIds(read.open);
    const retired = new Set(computed.comparison.retired.map(toUniverseName));
    const parity = await compareWithTable(client, read.layout, published, { at: request.at, ids, retired });
    const { groups, config, warnings, ignored } = read;
    const publication = { session: request.session, ids, sectors: config.sectors, retired };
    const plan = groups === undefined ? null : await planGroups(client, groups, published, publication);
    const shown = plan?.rows.filter(({ action }) => action !== 'delete') ?? [];
    const equal = shown.filter(({ action }) => action === 'leave').length;
    return {
      session: request.session,
      ...parity,
      ignored,
      groups: plan && { rows: shown.length, equal },
      warnings: [...warnings, ...(plan?.warnings ?? [])],
    };
  });
}

/** What a run would find and publish. */
interface Preview {
  readonly client: Transaction['client'];
  readonly read: ReadSync;
  readonly computed: ComputedSync;
  /** The difference to what readers see now. */
  readonly comparison: Comparison;
  readonly ledger: MembershipLedger;
}

/**
 * Computes a session in a transaction that is rolled back: what a host wrote to `symbols` is recorded as in a run.
 *
 * On one connection, so that concurrent previews do not wait for each other's second one.
 */
async function inPreview<Result>(
  parts: SyncParts,
  { session, mode, force, signal }: PreviewRequest,
  work: (preview: Preview) => Promise<Result>,
): Promise<Result> {
  return parts.database.transaction(
    async ({ client }) => {
      await client.query('savepoint preview');
      const syncs = await readLastSyncs(client);
      assertFullSynced(session, mode, syncs);
      await recordFacts(client, session);
      const read = await readSyncAlone(client, parts, session);
      const { config, open, loaded } = read;
      const past = await readSyncPast(client, session, config, parts.calendar);
      const scope = toModeScope(mode, parts.units.rules);
      const isResync = syncs[0]?.session === session;
      const published = isResync ? await readPublishedChanges(client, session, scopeIds(scope, open)) : [];
      const since = await readMembersSince(client, config, open, session);
      const ledger = createLedger({ open, published, from: session, scope, isResync, since }, config);
      const skips = force ? () => true : toGateSkip(read.standing);
      const changes = listSessionChanges(published, session, open);
      const computed = await computeSync(
        {
          session,
          scope,
          gates: parts.units.gates,
          loaded,
          past,
          skips,
          ledger,
          seen: listSeen(changes, null),
          findReplaced: await createReplacedReader(client, read, session, toIds(open)),
        },
        config,
        parts.calendar,
      );
      ledger.apply(computed.comparison, session, new Map());
      keepInLedger(ledger, findKept(computed, isResync, null), changes, session);
      const selected = new Map(computed.selected.map((universe) => [toUniverseName(universe), universe]));
      const comparison = await listDifference(
        { client, scope, settings: read, isResync, before: open, ledger, selected },
        computed,
      );
      const result = await work({ client, read, computed, comparison, ledger });
      await client.query('rollback to savepoint preview');
      return result;
    },
    signal,
    REPEATABLE,
  );
}

function listPreviewed({ changes, holds }: Comparison): PreviewedUniverse[] {
  const moving = [...groupByUniverse(changes)].map(([universe, own]): PreviewedUniverse => {
    const list = (action: 'added' | 'removed') =>
      own.filter((change) => change.action === action).map(({ symbol, reason }) => ({ symbol, reason }));
    return { universe: toUniverseName(universe), added: list('added'), removed: list('removed'), heldBy: null };
  });
  const held = new Map<string, { candidate: HeldUniverse; reasons: string[] }>();
  for (const { candidate, gate, message } of holds) {
    for (const universe of candidate) {
      const entry = held.get(toUniverseName(universe)) ?? { candidate: universe, reasons: [] };
      held.set(toUniverseName(universe), { ...entry, reasons: [...entry.reasons, `${gate}: ${message}`] });
    }
  }
  return [
    ...moving,
    ...[...held].map(([universe, { candidate, reasons }]) => ({
      universe,
      added: candidate.added,
      removed: candidate.removed,
      heldBy: reasons.join('; '),
    })),
  ];
}
