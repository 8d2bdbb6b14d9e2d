import type { PhaseContext } from '../../../src/core/phase.js';
import { readApprovedHolds, type ApprovedHold } from '../holds/approve-holds.js';
import type { OpenUniverse } from '../membership/compare-memberships.js';
import type { MembersSince } from '../membership/membership-ledger.js';
import { readPublishedChanges, type PublishedChange } from '../membership/rewind.js';
import { scopeIds, type ModeScope } from '../modes.js';
import { areGroupsUntouched } from '../groups/write-groups.js';
import { isProjectionUntouched } from '../projection/row-state.js';
import { assertFullSynced, findRepeated, readHeld, readLastSyncs, type LastSync } from './last-sync.js';
import { REPEATABLE, readInputHash, readSync, type ReadSync, type SyncParts } from './read-sync.js';
import { readMembersSince, readSyncPast, type SyncPast } from './sync-input.js';

/** The whole input of an evening. */
export interface Evening extends ReadSync {
  readonly kind: 'evening';
  readonly past: SyncPast;
  /** Whether the session has been published before. */
  readonly isResync: boolean;
  readonly published: readonly PublishedChange[];
  readonly since: MembersSince;
  readonly approved: readonly ApprovedHold[];
}

/** The same input as the last time, and unchanged rows: the membership stays as published. */
export interface RepeatedEvening {
  readonly kind: 'repeated';
  readonly last: LastSync;
  readonly open: readonly OpenUniverse[];
}

/** Callbacks: the last sync is known; the market is loaded. */
export interface EveningProgress {
  onStart(last: LastSync | undefined): void;
  onLoaded(symbols: number): void;
}

/**
 * Reads the input of an evening in one snapshot.
 * @throws EOD_PHASE_NEEDS, EOD_HOLD_SETTLED
 */
export async function readEvening(
  parts: SyncParts,
  { session, signal, mode, approval, force, recompute }: PhaseContext,
  scope: ModeScope,
  progress: EveningProgress,
): Promise<Evening | RepeatedEvening> {
  return parts.database.transaction(
    async ({ client }) => {
      const syncs = await readLastSyncs(client);
      assertFullSynced(session, mode, syncs);
      progress.onStart(syncs[0]);
      const isResync = syncs[0]?.session === session;
      const approved = approval === undefined ? [] : await readApprovedHolds(client, approval, session);
      if (isResync && !recompute && approved.length === 0) {
        const { layout, groups, inputHash, open } = await readInputHash(client, parts, session, signal);
        const last = findRepeated(syncs, mode, session, inputHash);
        // A forced run publishes what is held even if the input is the same.
        const isHeld = force && (await readHeld(client, session)).length > 0;
        const isUntouched = async (): Promise<boolean> =>
          (await isProjectionUntouched(client, layout)) && (groups === undefined || (await areGroupsUntouched(client)));
        if (last !== undefined && !isHeld && (await isUntouched())) {
          progress.onLoaded(0);
          return { kind: 'repeated', last, open };
        }
      }
      const read = await readSync(client, parts, session, !isResync, signal);
      progress.onLoaded(read.loaded.count);
      const { config, open } = read;
      const past = read.past ?? (await readSyncPast(client, session, config, parts.calendar));
      const published = isResync ? await readPublishedChanges(client, session, scopeIds(scope, open)) : [];
      const since = await readMembersSince(client, config, open, session);
      return { ...read, kind: 'evening', past, published, since, isResync, approved };
    },
    signal,
    REPEATABLE,
  );
}
