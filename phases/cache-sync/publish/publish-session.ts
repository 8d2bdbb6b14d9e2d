import type { HoldApproval } from '../../../src/core/phase.js';
import type { SessionDate } from '../../../src/core/session.js';
import { computeSync, type ComputedSync } from '../compute-sync.js';
import type { GateResult } from '../holds/gate.js';
import { assertAsShown, type ApprovedHold } from '../holds/approve-holds.js';
import type { RecordedHold } from '../holds/recorded-holds.js';
import { writeDoubts } from '../../../src/exceptions/write-doubts.js';
import type { SyncTask } from '../task.js';
import { listDoubts } from './list-doubts.js';
import { writeHolds } from '../holds/write-holds.js';
import type { SessionRead } from '../input/read-sync.js';
import { writeStats } from '../input/session-stats-sql.js';
import type { SyncPast } from '../input/sync-input.js';
import type { GateSkip } from '../membership/compare-memberships.js';
import { writeUniverses } from '../membership/open-universes.js';
import { toIds, type Publication } from '../membership/publication.js';
import { listSessionChanges } from '../membership/rewind.js';
import { listReportedInactive } from '../membership/symbol-life.js';
import { writeAudit } from '../membership/write-audit.js';
import { writeSelections } from '../membership/write-selections.js';
import { writeSymbolEvents } from '../membership/write-symbol-life.js';
import { toUniverseName } from '../universes/select-universes.js';
import type { Market } from '../valuation/market.js';
import { createReplacedReader } from './find-replaced.js';
import { startValuations, writeMissingValuations } from './write-figures.js';
import { findKept, isKept, keepInLedger, keepPublished, listSeen } from './keep-published.js';
import type { Publish } from './publish.js';

/** One session of a publish, with its input. */
export interface SessionInput extends SessionRead {
  readonly session: SessionDate;
  readonly past: SyncPast;
  readonly skips: GateSkip;
  /** Whether this session has been published before. */
  readonly isResync: boolean;
  /** Whether no later session has been published. */
  readonly isNewest: boolean;
  readonly force: boolean;
  /** Recorded holds beside which an earlier publish of the session remains valid, for a replay; null on an evening. */
  readonly keptBefore: readonly RecordedHold[] | null;
  /** Findings that a replay takes from the evening, because they are about what was there before it. */
  readonly recordedFindings?: readonly GateResult[];
  /** The approval of this publish, and the holds as they were shown. */
  readonly approval?: HoldApproval | undefined;
  readonly approved?: readonly ApprovedHold[];
}

/** Callbacks while a session is computed and its figures are stored. */
export interface SessionProgress {
  onValued?(market: Market): void;
  onSelected?(universes: number): void;
  onWritten?(rows: number): void;
}

/**
 * Computes one session and writes what belongs to it alone: figures, audit, events of symbols, holds. Memberships and rows follow once, for
 * all sessions of the publish (`finish-publish.ts`).
 *
 * Edges: held universes keep the membership of the previous session, and what was published of this session itself (`keep-published.ts`).
 * @throws EOD_HOLD_CHANGED when an approval is about something other than what is found now
 */
export async function publishSession(
  publish: Publish,
  input: SessionInput,
  progress: SessionProgress = {},
): Promise<ComputedSync> {
  const { client, scope, settings, calendar, ledger, range } = publish;
  const { session, inputHash, isResync } = input;
  const changes = listSessionChanges(publish.published, session, publish.before);
  let valuations: Promise<void> = Promise.resolve();
  const findReplaced =
    input.keptBefore === null ? await createReplacedReader(client, settings, session, toIds(ledger.all)) : undefined;
  const computed = await computeSync(
    { ...input, scope, gates: settings.units.gates, ledger, seen: listSeen(changes, input.keptBefore), findReplaced },
    settings.config,
    calendar,
    {
      onValued: (market) => {
        progress.onValued?.(market);
        const onWritten = (rows: number): void => progress.onWritten?.(rows);
        valuations = startValuations(client, market, { scope, isResync, onWritten });
      },
      onSelected: (universes) => progress.onSelected?.(universes),
    },
  );
  const { market, comparison, symbolEvents } = computed;
  assertAsShown(input.approved ?? [], comparison, inputHash);
  await valuations;
  const ids = await writeUniverses(client, comparison.published, session, ledger.all);
  const publication: Publication = { runId: range.runId, session, at: range.at, ids, isResync };
  await writeMissingValuations(client, market, comparison, scope);
  await writeStats(client, session, computed.measures);
  await writeAudit(client, comparison.changes, publication);
  const events = [...symbolEvents, ...listReportedInactive(comparison, market)];
  await writeSymbolEvents(client, events, publication);
  await writeFoundDoubts(client, { ...input, tasks: scope.tasks }, computed, publication);
  ledger.apply(comparison, session, ids);
  const kept = findKept(computed, isResync, input.keptBefore);
  const keptIds = ledger.all.filter((universe) => isKept(kept, toUniverseName(universe))).map(({ id }) => id);
  await writeSelections(client, comparison.published, publication, { scope: range.universes, kept: keptIds });
  await keepPublished(client, kept, keepInLedger(ledger, kept, changes, session), publication);
  const opened = await writeHolds(client, comparison.holds, {
    ...publication,
    inputHash,
    force: input.force,
    approval: input.approval,
    scope: range.universes,
    isNewest: input.isNewest,
    keepsPublished: (universe) => isKept(kept, universe),
  });
  // A later session of the same publish settles those of an earlier one.
  if (input.isNewest) publish.opened.push(...opened);
  for (const universe of computed.selected) publish.selected.set(toUniverseName(universe), universe);
  return computed;
}

/** A partial sync looks for no renames, and a held session is not believed. On most evenings there is nothing to write. */
async function writeFoundDoubts(
  client: Publish['client'],
  {
    session,
    isNewest,
    loaded,
    tasks,
  }: Pick<SessionInput, 'session' | 'isNewest' | 'loaded'> & { readonly tasks: readonly SyncTask[] },
  { market, isSessionHeld }: ComputedSync,
  { at }: Publication,
): Promise<void> {
  if (isSessionHeld || !tasks.includes('delisted_cleanup')) return;
  const doubts = listDoubts(market, loaded.lookup);
  const { decisions, hasOpenCaps } = loaded.lookup;
  const hasOpen = hasOpenCaps || decisions.some(({ isSame }) => isSame === null);
  if (doubts.length > 0 || hasOpen) await writeDoubts(client, doubts, { session, at, isNewest });
}
