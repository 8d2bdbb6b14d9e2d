import { inject, injectable } from 'tsyringe';
import type { Config } from '../../src/config/schema.js';
import type { TradingCalendar } from '../../src/core/calendar.js';
import { PipelineError } from '../../src/core/errors.js';
import type { Phase, PhaseContext, PhaseReport, TaskProgress } from '../../src/core/phase.js';
import type { RunMode } from '../../src/core/run-mode.js';
import type { PhaseParity, PhasePreview, PreviewRequest } from '../../src/core/preview.js';
import type { SessionDate } from '../../src/core/session.js';
import type { Database } from '../../src/db/database.js';
import { TOKENS } from '../../src/tokens.js';
import { assertAsShown, readApprovedHolds, toGateSkip } from './holds/approve-holds.js';
import type { OpenUniverse } from './membership/compare-memberships.js';
import { computeSync } from './compute-sync.js';
import { CACHE_SYNC_EVENTS } from './publish/events.js';
import { isProjectionUntouched } from './projection/row-state.js';
import {
  assertFullSynced,
  findRepeated,
  readHeld,
  readLastSyncs,
  readNewestSession,
  type LastSync,
} from './input/last-sync.js';
import { hashMemberships } from './membership/membership-hash.js';
import { compareSync, previewSync } from './publish/preview-sync.js';
import { publishSync, type SyncTasks } from './publish/publish-sync.js';
import { READ_REPEATABLY, readPast, readSync, type SyncParts } from './input/read-sync.js';
import { replaySessions } from './replay/replay.js';
import { describeUnchanged } from './publish/report.js';
import { RULES } from './universes/rules/index.js';
import { scopeOf, type SyncScope } from './modes.js';
import { startValuations } from './valuation/write-figures.js';

/**
 * Phase 2.5: who belongs to which universe tonight, published at once.
 *
 *  1. Load every active security with its newest close, in two statements (`load-market.ts`), and what the session is judged by
 *     (`sync-input.ts`). The same input as the last time and nobody having touched the published rows: done, nothing is written.
 *  2. Value and rank: close × shares, else the source's market cap (`value-stocks.ts`), unless it is suspect (`suspect-caps.ts`); find who is
 *     gone and who is back (`symbol-life.ts`). The figures go to the server while the rest is decided.
 *  3. Apply the rules, one pass each over the ranked stocks (`rules/`, `select-universes.ts`).
 *  4. Compare with the open membership: changes with their reasons (`compare-memberships.ts`); let the gates judge session and universes
 *     (`gates/`) and take out what they hold (`hold-back.ts`).
 *  5. Publish in one transaction: valuations, membership intervals, audit, holds, `symbols`, the rows of `cache_entries` that changed, and
 *     the phase's own completion with the events about it, guarded by the run's fence (`publish-sync.ts`).
 *
 * Steps 2 to 4 do no I/O (`compute-sync.ts`): a preview stops there, a replay does them for every session since a day (`replay.ts`).
 *
 * A mode other than `full` does the same for the universes of its tasks alone (`tasks.ts`): all others keep members, rows and holds.
 */
@injectable()
export class CacheSyncPhase implements Phase {
  readonly id = 'cache-sync';
  readonly ordinal = 2.5;
  readonly title = 'Cache sync';
  readonly needs = ['import'];
  readonly events = CACHE_SYNC_EVENTS;

  constructor(
    @inject(TOKENS.database) private readonly database: Database,
    @inject(TOKENS.config) private readonly config: Config,
    @inject(TOKENS.calendar) private readonly calendar: TradingCalendar,
  ) {}

  /**
   * @throws EOD_SESSION_NOT_NEWEST: reference data and published membership are of a newer session, and must not move back
   * @throws EOD_PHASE_NEEDS: a part is to be synced before the whole has been
   */
  async assertRunnable(session: SessionDate, mode: RunMode = 'full'): Promise<void> {
    const { newest, syncs } = await this.database.transaction(async ({ client }) => ({
      newest: await readNewestSession(client),
      syncs: mode === 'full' ? [] : await readLastSyncs(client),
    }));
    if (newest === undefined || newest.session <= session) return assertFullSynced(session, mode, syncs);
    const done = newest.phase === this.id ? 'universes are already published' : 'symbols are already imported';
    throw new PipelineError(
      'EOD_SESSION_NOT_NEWEST',
      `${done} for ${newest.session}; syncing ${session} would mix its bars with newer facts and move universes back`,
      {
        hint: `sync ${newest.session} or a later session; to publish sessions in order use \`tickstock backfill --from ${session}\` on an empty database (--data-dir PATH or DATABASE_URL)`,
        context: { newest: newest.session },
      },
    );
  }

  async run(context: PhaseContext): Promise<PhaseReport> {
    const { session, mode, force, signal } = context;
    if (context.replayFrom !== undefined) return replaySessions(this.parts, context, context.replayFrom);
    const scope = scopeOf(mode, RULES);
    const { syncs, isResync, untouched, approved, tasks, ...read } = await this.read(context);
    const repeated = findRepeated(syncs, mode, session, read.inputHash);
    if (untouched && !force && approved.length === 0 && repeated)
      return this.confirm(context, scope, repeated, read.open);
    const { config, open, loaded, inputHash } = read;
    const past = read.past ?? (await readPast({ ...this.parts, config }, session, open, signal));
    const skips = force ? () => true : toGateSkip([...approved, ...read.standing]);
    const input = { session, scope, loaded, open, past, skips };
    const { calendar } = this;
    return this.database.transaction(async ({ client }) => {
      let valuations: Promise<void> = Promise.resolve();
      const computed = await computeSync(input, config, calendar, {
        onValued: (market) => {
          tasks.select.advance(1, `${market.stocks.length} stocks`);
          const onWritten = (rows: number): void => tasks.value.advance(rows);
          valuations = startValuations(client, market, { scope, isResync, onWritten });
        },
        onSelected: (universes) => tasks.select.advance(1, `${universes} universes`),
      });
      tasks.select.finish();
      assertAsShown(approved, computed.comparison, inputHash);
      const sync = { ...read, scope, computed, isResync, valuations, calendar };
      return publishSync(client, context, tasks, sync);
    }, signal);
  }

  /** What a run would do, in transactions that may not write. */
  async preview(request: PreviewRequest): Promise<PhasePreview> {
    return previewSync(this.parts, request);
  }

  /** How the rows of `cache_entries` differ from what a run would write. */
  async compare(request: PreviewRequest): Promise<PhaseParity> {
    return compareSync(this.parts, request);
  }

  private get parts(): SyncParts {
    return { database: this.database, config: this.config, calendar: this.calendar };
  }

  private async read(context: PhaseContext) {
    const { session, signal, mode, approval } = context;
    return this.database.transaction(async ({ client }) => {
      await client.query(READ_REPEATABLY);
      const syncs = await readLastSyncs(client);
      assertFullSynced(session, mode, syncs);
      const tasks = startTasks(context, syncs[0]);
      const isResync = syncs[0]?.session === session;
      const approved = approval === undefined ? [] : await readApprovedHolds(client, approval, session);
      const read = await readSync(client, this.parts, session, !isResync, signal);
      tasks.load.advance(read.loaded.count);
      tasks.load.finish();
      const untouched = isResync && (await isProjectionUntouched(client, read.layout));
      return { ...read, syncs, isResync, untouched, approved, tasks };
    }, signal);
  }

  /** The same input as the last time: the membership stands, and only the run itself is recorded. */
  private async confirm(
    context: PhaseContext,
    scope: SyncScope,
    last: LastSync,
    open: readonly OpenUniverse[],
  ): Promise<PhaseReport> {
    return this.database.transaction(async ({ client }) => {
      const held = await readHeld(client, context.session);
      const report = describeUnchanged(last, {
        scope,
        universes: open.filter((universe) => !universe.isRetired && scope.has(universe)).length,
        held: held.filter((hold) => hold.universe === null || scope.has(hold.universe)),
        membershipHash: await hashMemberships(open),
      });
      await context.completeIn(client, report);
      return report;
    }, context.signal);
  }
}

/** As many symbols as the last time: counting them would take 40 ms at 143,000. The first time, an ordinary market. */
const EXPECTED_SYMBOLS = 7000;

/** All at once: the phase's progress is the mean of the tasks it knows. */
function startTasks(
  { progress }: PhaseContext,
  last: LastSync | undefined,
): SyncTasks & { readonly load: TaskProgress } {
  const symbols = last?.counters['symbols'] || EXPECTED_SYMBOLS;
  return {
    load: progress.startTask('load', 'Loading the market', symbols),
    select: progress.startTask('select', 'Selecting universes', 3),
    value: progress.startTask('value', 'Writing valuations', symbols),
    publish: progress.startTask('publish', 'Publishing universes', 100),
  };
}
