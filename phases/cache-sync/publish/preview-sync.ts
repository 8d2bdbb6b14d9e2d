import type { PhaseParity, PhasePreview, PreviewedUniverse, PreviewRequest } from '../../../src/core/preview.js';
import { toGateSkip } from '../holds/approve-holds.js';
import { listMemberships, type Comparison, type HeldUniverse } from '../membership/compare-memberships.js';
import { computeSync, type ComputedSync } from '../compute-sync.js';
import { assertFullSynced, readLastSyncs } from '../input/last-sync.js';
import { hashMemberships } from '../membership/membership-hash.js';
import { compareWithTable } from '../projection/parity.js';
import { planProjection } from '../projection/plan-projection.js';
import { READ_REPEATABLY, readPastIn, readSyncAlone, type ReadSync, type SyncParts } from '../input/read-sync.js';
import { RULES } from '../universes/rules/index.js';
import { toUniverseName } from '../universes/select-universes.js';
import { scopeOf } from '../modes.js';
import { groupByUniverse } from '../membership/universe-changes.js';

/** What a run would do to universes, rows and symbols; read only. */
export async function previewSync(parts: SyncParts, request: PreviewRequest): Promise<PhasePreview> {
  return inReadOnly(parts, request, async (client, read, computed) => {
    const { comparison, gates, symbolEvents, isSessionHeld } = computed;
    const ids = new Map(read.open.map((universe) => [toUniverseName(universe), universe.id]));
    const retired = new Set(comparison.retired.map(toUniverseName));
    const rows = await planProjection(client, read.layout, comparison.published, { at: request.at, ids, retired });
    const universes = listPreviewed(comparison);
    const changed = rows.flatMap(({ place, action }) => (action === 'leave' ? [] : [{ place, action }]));
    const added = comparison.changes.filter(({ action }) => action === 'added').length;
    return {
      session: request.session,
      mode: request.mode,
      summary: isSessionHeld
        ? 'the session would be held: every universe would keep its members'
        : `${added} would be added, ${comparison.changes.length - added} removed, ${changed.length} rows of cache_entries written`,
      universes,
      gates: gates.map(({ universe, ...result }) => ({ ...result, universe: universe && toUniverseName(universe) })),
      rows: changed,
      unchangedRows: rows.length - changed.length,
      symbols: symbolEvents.map(({ symbol, event, reason }) => ({ symbol, event, reason })),
      warnings: read.warnings,
      membershipHash: await hashMemberships(listMemberships(comparison, read.open)),
    };
  });
}

/** How the managed rows of `cache_entries`, whoever wrote them, differ from what a run would write; gates are left aside. Read only. */
export async function compareSync(parts: SyncParts, request: PreviewRequest): Promise<PhaseParity> {
  return inReadOnly(parts, { ...request, mode: 'full', force: true }, async (client, read, { comparison }) => {
    const parity = await compareWithTable(client, read.layout, comparison.published, request.at);
    return { session: request.session, ...parity };
  });
}

type Client = Parameters<typeof readSyncAlone>[0];

async function inReadOnly<Result>(
  parts: SyncParts,
  { session, mode, force, signal }: PreviewRequest,
  work: (client: Client, read: ReadSync, computed: ComputedSync) => Promise<Result>,
): Promise<Result> {
  return parts.database.transaction(async ({ client }) => {
    await client.query(`${READ_REPEATABLY}, read only`);
    assertFullSynced(session, mode, await readLastSyncs(client));
    const read = await readSyncAlone(client, parts, session);
    // On the same connection: several previews at once must not wait for one another's second.
    const past = await readPastIn(client, { ...parts, config: read.config }, session, read.open);
    const scope = scopeOf(mode, RULES);
    const { loaded, open } = read;
    const skips = force ? () => true : toGateSkip(read.standing);
    const input = { session, scope, loaded, open, past, skips };
    return work(client, read, await computeSync(input, read.config, parts.calendar));
  }, signal);
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
