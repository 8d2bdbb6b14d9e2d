import { formatCounted } from '../../../src/core/format-count.js';
import type { PhaseContext, PhaseReport } from '../../../src/core/phase.js';
import type { SessionDate } from '../../../src/core/session.js';
import type { Transaction } from '../../../src/db/database.js';
import { recordFacts } from '../../../src/securities/record-facts.js';
import type { ComputedSync } from '../compute-sync.js';
import { readSessionApprovals, toGateSkip } from '../holds/approve-holds.js';
import { foreignRows } from '../holds/gates/foreign-rows.js';
import { readRecordedHolds, toFindings } from '../holds/recorded-holds.js';
import { readSession, readSettings, type SyncParts } from '../input/read-sync.js';
import { readMembersSince, readSyncPast } from '../input/sync-input.js';
import { readOpenUniverses } from '../membership/open-universes.js';
import { readPublishedChanges } from '../membership/rewind.js';
import { toModeScope } from '../modes.js';
import { finishPublish, type FinishedPublish } from '../publish/finish-publish.js';
import { publishSession } from '../publish/publish-session.js';
import { startPublish, type Publish } from '../publish/publish.js';
import { readPublishedSessions, type PublishedSession } from './published-sessions.js';

/**
 * Publishes every session from `from` to the run's own again, oldest first, in one transaction: readers see the whole correction or nothing
 * of it, and a replay that dies has changed nothing.
 *
 * It runs the code of the evening in a loop: each session is read from its bars, its recorded quotes and facts, computed and published
 * (`publish-session.ts`); memberships and rows follow once at the end (`finish-publish.ts`). Gates skipped then are skipped again: those of
 * holds that a person approved, and all of a session that was published by force; for the newest session only with the same input, as it
 * can still be decided.
 */
export async function replaySessions(parts: SyncParts, context: PhaseContext, from: SessionDate): Promise<PhaseReport> {
  return parts.database.transaction(async ({ client }) => {
    const sessions = await readPublishedSessions(client, from, context.session);
    const task = context.progress.startTask('replay', 'Replaying sessions', sessions.length);
    const finish = context.progress.startTask('publish', 'Publishing universes', 100);
    await recordFacts(client, context.session);
    const publish = await startReplay(client, parts, context, from);
    let heldSessions = 0;
    let last: { computed: ComputedSync; inputHash: string } | undefined;
    for (const published of sessions) {
      context.signal.throwIfAborted();
      last = await replaySession(publish, published);
      if (last.computed.comparison.holds.length > 0) heldSessions += 1;
      task.advance(1, published.session);
    }
    task.finish();
    if (last === undefined) throw new Error('a replay has at least one session');
    const finished = await finishPublish(publish, last.computed, last.inputHash, finish);
    const report = describeReplay(finished, { from, sessions: sessions.length, heldSessions });
    await context.completeIn(client, report);
    return report;
  }, context.signal);
}

async function startReplay(
  client: Transaction['client'],
  parts: SyncParts,
  context: PhaseContext,
  from: SessionDate,
): Promise<Publish> {
  const settings = await readSettings(client, parts);
  const open = await readOpenUniverses(client);
  const scope = toModeScope('full', parts.units.rules);
  const published = await readPublishedChanges(client, from, null);
  const since = await readMembersSince(client, settings.config, open, from);
  const { calendar } = parts;
  return startPublish(client, { context, scope, settings, calendar, from, open, published, since, isResync: true });
}

async function replaySession(
  publish: Publish,
  { session, isForced, inputHash }: PublishedSession,
): Promise<{ computed: ComputedSync; inputHash: string }> {
  const { client, settings, calendar, context } = publish;
  const isNewest = session === context.session;
  const read = await readSession(client, session, settings);
  const past = await readSyncPast(client, session, settings.config, calendar);
  const recorded = await readRecordedHolds(client, session);
  const approvals = await readSessionApprovals(client, session);
  const isHeldAsRead = recorded.some((hold) => hold.inputHash === read.inputHash);
  // A decision applies to its own input; for an older session, which can no longer be decided, to any input that was not held itself.
  const stands = (hash: string | null): boolean => hash === read.inputHash || (!isNewest && !isHeldAsRead);
  const skips =
    isForced && stands(inputHash) ? () => true : toGateSkip(approvals.filter((hold) => stands(hold.inputHash)));
  const keptBefore = recorded.filter((hold) => hold.keepsPublished && hold.inputHash === read.inputHash);
  const recordedFindings = toFindings(recorded.filter(({ gate }) => gate === foreignRows.id));
  const input = { ...read, session, past, skips, isResync: true, isNewest, force: false, keptBefore, recordedFindings };
  return { computed: await publishSession(publish, input), inputHash: read.inputHash };
}

function describeReplay(
  { report, corrected }: FinishedPublish,
  { from, sessions, heldSessions }: { from: SessionDate; sessions: number; heldSessions: number },
): PhaseReport {
  const { rowsWritten = 0, rowsDeleted = 0, groupsWritten = 0, groupsDeleted = 0 } = report.counters;
  return {
    ...report,
    summary:
      `${formatCounted(sessions, 'session')} recomputed from ${from} on, ${formatCounted(corrected, 'membership')} corrected, ` +
      `${formatCounted(rowsWritten, 'row')} of cache_entries written` +
      (heldSessions > 0 ? `, ${formatCounted(heldSessions, 'session')} with holds` : ''),
    changed: corrected + rowsWritten + rowsDeleted + groupsWritten + groupsDeleted > 0,
    counters: { ...report.counters, sessions, corrected },
    details: { ...report.details, replayedFrom: from },
  };
}
